//! One round of a repair: the work that its steps do, apart from the connection.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Instant;

use rusqlite::Connection;

use super::change::Change;
use super::progress::RepairProgress;
use super::write::{self, Mended, Tell, Undone};
use crate::audit::judge::{Place, judge};
use crate::audit::row::COLUMNS;
use crate::audit::suspects::Suspect;
use crate::connection::data_version;
use crate::date::Second;
use crate::error::{Error, RefusedMarker};
use crate::facilitators;
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::join::freshness::Freshness;
use crate::join::laps::Restarts;
use crate::join::pages::{BYTES_AT_ONCE, Flow, Pages, Reading};
use crate::join::read::{Advance, ReadPhase};
use crate::join::recheck::Recheck;
use crate::memory::OutOfMemory;
use crate::report::RepairReport;
use crate::savepoint::{noting_lost_transaction, require_no_writer};
use crate::schema::Schema;
use crate::step::blocking::Blocking;
use crate::step::budget::Budget;
use crate::step::pace::Wrote;
use crate::step::result::StepResult;
use crate::step::run::Steps;

/// How often a step may do nothing before something else has to come: each of three tables may be empty.
const MOST_IDLE: u32 = 8;

/// Where a repair stands. It holds nothing of the connection, which each step is given anew: whoever keeps a round beyond a
/// call, as the C layer does, is lent the host's connection only while a step runs.
pub struct RepairRound {
    /// Whether the host may do what it likes between two steps.
    is_in_steps: bool,
    verified_at: Second,
    schema: Schema,
    addresses: Addresses,
    stage: Stage,
    freshness: Freshness,
    /// Whether a marker is looked up without reading whole tables.
    looks_up: bool,
    /// The markers that are to be visited next.
    suspects: VecDeque<Suspect>,
    restarts: Restarts,
    report: RepairReport,
    first_refused: Option<RefusedMarker>,
    /// The data version after the last step, to see whether others have written since.
    version: Option<u32>,
    /// What the last step tells, if it wrote.
    wrote: Option<Wrote>,
}

enum Stage {
    /// The tables are to be read.
    Beginning,
    /// Reading facilitators and users.
    Reading(Box<ReadPhase>),
    /// Reading the markers whose id is a text, and mending them.
    Mending(Box<Pages>),
    /// The others.
    MendingOthers,
    /// Mending those that were read last.
    MendingLast,
    Finished,
}

impl RepairRound {
    /// Begins. Reads the clock, the schema and the number of facilitators.
    pub(super) fn new(conn: &Connection, is_in_steps: bool) -> Result<Self, Error> {
        Self::with_addresses(conn, is_in_steps, Addresses::new)
    }

    pub(super) fn with_addresses(
        conn: &Connection,
        is_in_steps: bool,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        noting_lost_transaction(conn, || {
            let schema = Schema::read(conn)?;
            Ok(RepairRound {
                is_in_steps,
                verified_at: Second::now(),
                addresses: addresses(facilitators::count(conn)?)?,
                schema,
                stage: Stage::Beginning,
                freshness: Freshness::Unread,
                looks_up: true,
                suspects: VecDeque::new(),
                restarts: Restarts::default(),
                report: RepairReport::default(),
                first_refused: None,
                version: data_version(conn),
                wrote: None,
            })
        })
    }

    /// Begins a round of steps: see [`Repair::new`](crate::Repair::new).
    ///
    /// # Errors
    ///
    /// As [`Repair::new`](crate::Repair::new).
    pub fn in_steps(conn: &Connection) -> Result<Self, Error> {
        Self::new(conn, true)
    }

    /// Takes a step, always with the connection with which it was begun: see [`Repair::step`](crate::Repair::step). If `tell`
    /// fails, so does the step, and nothing of it remains in the database.
    ///
    /// # Errors
    ///
    /// As [`Repair::step`](crate::Repair::step), and that of `tell`.
    pub fn step(
        &mut self,
        conn: &Connection,
        max_markers: u64,
        mut tell: impl FnMut(Change) -> Result<(), Error>,
    ) -> Result<StepResult, Error> {
        self.step_of_call(&Interruptible::new(conn)?, Budget::new(max_markers), &mut tell)
    }

    /// As [`step`](RepairRound::step), in a call of several steps.
    fn step_of_call(
        &mut self,
        conn: &Interruptible<'_>,
        mut budget: Budget,
        tell: Tell<'_>,
    ) -> Result<StepResult, Error> {
        self.wrote = None;
        if self.is_in_steps {
            if conn.is_autocommit() {
                require_no_writer(conn)?;
            }
            noting_lost_transaction(conn, || self.schema.require_to_be_seen(conn))
                .map_err(|error| Schema::explain(conn, error))?;
        }
        if self.may_be_rolled_back(conn) {
            self.freshness = Freshness::Stale;
        }
        let mut idle = 0;
        while !budget.is_spent() && !matches!(self.stage, Stage::Finished) {
            let before = (budget, discriminant(&self.stage));
            // The host may have changed its schema since the last step.
            noting_lost_transaction(conn, || {
                self.go_on(conn, &mut budget, tell).map_err(|error| Schema::explain(conn, error))
            })?;
            idle = if before == (budget, discriminant(&self.stage)) { idle + 1 } else { 0 };
            if idle > MOST_IDLE {
                return Err(Error::Bug { what: "a step neither reads nor mends anything" });
            }
        }
        match (&self.stage, &self.first_refused) {
            (Stage::Finished, None) => Ok(StepResult::Done),
            (Stage::Finished, Some(first)) => Err(Error::RepairRefused {
                count: self.report.refused,
                first: first.clone(),
                report: Box::new(self.report),
            }),
            _ => Ok(StepResult::More),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> RepairProgress {
        RepairProgress { is_done: matches!(self.stage, Stage::Finished), report: self.report }
    }

    /// Whether the host can undo, between two steps, what a step reads: inside a transaction of the host's.
    fn may_be_rolled_back(&self, conn: &Connection) -> bool {
        self.is_in_steps && !conn.is_autocommit()
    }

    /// Does a part of a step.
    fn go_on(&mut self, conn: &Interruptible<'_>, budget: &mut Budget, tell: Tell<'_>) -> Result<(), Error> {
        match &self.stage {
            Stage::Beginning => {
                self.schema = Schema::read(conn)?;
                self.freshness = Freshness::Unread;
                self.looks_up = Recheck::new(conn, &self.schema)?.looks_up();
                self.stage = Stage::Reading(Box::new(ReadPhase::of_owners(&self.schema)));
                Ok(())
            }
            Stage::Reading(_) => self.read(conn, budget),
            Stage::Mending(_) | Stage::MendingOthers | Stage::MendingLast => self.mend(conn, budget, tell),
            Stage::Finished => Ok(()),
        }
    }

    /// Reads on in facilitators and users.
    fn read(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<(), Error> {
        let may_be_rolled_back = self.may_be_rolled_back(conn);
        let Stage::Reading(phase) = &mut self.stage else { return Ok(()) };
        match phase.read(conn, &self.schema, &mut self.addresses, budget.rows_at_once())? {
            Advance::Page { rows, version } => {
                budget.spend_rows(rows);
                self.freshness =
                    if may_be_rolled_back { Freshness::Stale } else { self.freshness.after_reading(version) };
                if phase.is_finished() {
                    self.stage = Stage::Mending(Box::new(Pages::of_markers(&self.schema, &COLUMNS)));
                }
            }
            Advance::BeginAgain => {
                self.restarts.add(conn)?;
                budget.spend_all();
                self.addresses.clear();
                self.stage = Stage::Beginning;
            }
        }
        Ok(())
    }

    /// Mends the next markers.
    fn mend(&mut self, conn: &Interruptible<'_>, budget: &mut Budget, tell: Tell<'_>) -> Result<(), Error> {
        let begun = Instant::now();
        let met_others = self.is_in_steps && self.freshness.look(conn, self.version)?;
        let most = self.freshness.owners_at_once(budget.owners, self.looks_up);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while self.suspects.len() < most && !budget.is_spent() && self.read_markers(conn, budget)? {}
        let markers = self.suspects.len().min(most);
        let is_last = matches!(self.stage, Stage::MendingLast);
        // Until there are enough, or no more: what is read costs nobody anything, and one write is enough for a step.
        if markers > 0 && (markers == most || is_last || !self.looks_up) {
            let (markers, mended) = self.mend_first(conn, markers, tell)?;
            self.wrote = mended.blocking.map(|blocking| Wrote {
                owners: markers as u64,
                reading: blocking.since.duration_since(begun),
                writing: blocking.writing,
                committing: blocking.committing,
                met_others: met_others || blocking.met_others,
            });
            self.suspects.drain(..markers);
            budget.spend_all();
        }
        if self.is_in_steps {
            self.version = data_version(conn);
        }
        if is_last && self.suspects.is_empty() {
            self.restarts = Restarts::default();
            self.stage = if self.addresses.advance() { Stage::Beginning } else { Stage::Finished };
        }
        Ok(())
    }

    /// Reads a page of markers, and keeps those that may have to be mended. `false` if there is none.
    fn read_markers(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<bool, Error> {
        let others;
        let pages = match &self.stage {
            Stage::Mending(pages) => pages,
            Stage::MendingOthers => {
                others = Pages::of_other_markers(&self.schema, &COLUMNS);
                &others
            }
            _ => return Ok(false),
        };
        let (mut markers, mut bytes, mut suspects) = (0, 0, Vec::new());
        let reading = pages.read(conn, budget.rows_at_once(), |record| {
            if let Some(suspect) = Suspect::read(record, &self.addresses, &mut markers)? {
                if may_be_mended(&suspect)? {
                    bytes += suspect.row.bytes();
                    suspects.push(suspect);
                }
            }
            Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
        })?;
        let Reading::Page(page) = reading else {
            self.restarts.add(conn)?;
            budget.spend_all();
            self.suspects.clear();
            self.stage = Stage::Mending(Box::new(Pages::of_markers(&self.schema, &COLUMNS)));
            return Ok(true);
        };
        self.report.markers += markers;
        self.suspects.extend(suspects);
        budget.spend_rows(page.rows.max(1));
        match &mut self.stage {
            Stage::Mending(pages) if !page.is_last() => pages.move_past(page),
            Stage::Mending(_) if !Pages::are_all_markers(&self.schema) => self.stage = Stage::MendingOthers,
            _ => self.stage = Stage::MendingLast,
        }
        Ok(true)
    }

    /// Mends the first of the suspects. Gives their number, and what became of them.
    fn mend_first(
        &mut self,
        conn: &Interruptible<'_>,
        mut markers: usize,
        tell: Tell<'_>,
    ) -> Result<(usize, Mended), Error> {
        let mut met_others = false;
        loop {
            let suspects = &self.suspects.make_contiguous()[..markers];
            match write::mend(conn, &self.schema, suspects, self.verified_at, self.freshness, tell)? {
                Ok(mut mended) => {
                    self.freshness = mended.freshness.unwrap_or(self.freshness);
                    self.count(&mut mended);
                    mended.blocking = mended.blocking.map(|blocking| Blocking {
                        met_others: met_others || blocking.met_others,
                        ..blocking
                    });
                    return Ok((markers, mended));
                }
                Err(Undone::Overtaken) => {
                    met_others = true;
                    self.freshness = Freshness::Stale;
                    let few = self.freshness.owners_at_once(markers as u64, self.looks_up);
                    markers = markers.min(usize::try_from(few).unwrap_or(usize::MAX));
                }
                Err(Undone::RolledBack(number, marker)) => {
                    // It is visited. Those before it are visited now, and the others in the next step.
                    self.suspects.remove(number);
                    self.count(&mut Mended { refused: vec![marker], ..Mended::default() });
                    markers = number;
                    if markers == 0 {
                        return Ok((0, Mended::default()));
                    }
                }
            }
        }
    }

    fn count(&mut self, mended: &mut Mended) {
        self.report.repaired += mended.repaired;
        self.report.refused += mended.refused.len() as u64;
        self.first_refused = self.first_refused.take().or(mended.refused.drain(..).next());
    }
}

/// Whether a repair may have to change this marker: not where the addresses know that nothing mends it.
fn may_be_mended(suspect: &Suspect) -> Result<bool, OutOfMemory> {
    match suspect.owner {
        Some(owner) => Ok(!judge(&suspect.row, &Place::Marker(owner))?.change.is_nothing()),
        None => Ok(true),
    }
}

/// A round and whom it tells its changes.
pub(super) struct Telling<'r, F> {
    pub(super) round: &'r mut RepairRound,
    pub(super) tell: F,
}

impl<F: FnMut(Change) -> Result<(), Error>> Steps for Telling<'_, F> {
    fn take_step(&mut self, conn: &Interruptible<'_>, budget: Budget) -> Result<StepResult, Error> {
        self.round.step_of_call(conn, budget, &mut self.tell)
    }

    fn remaining(&self) -> u64 {
        match self.round.stage {
            Stage::Finished => 0,
            Stage::MendingLast => self.round.suspects.len() as u64,
            // Nobody knows how many there are.
            _ => u64::MAX,
        }
    }

    fn wrote(&self) -> Option<Wrote> {
        self.round.wrote
    }

    fn is_writing(&self) -> bool {
        !matches!(self.round.stage, Stage::Finished)
    }

    fn looks_all_up_at_once(&self) -> bool {
        self.round.freshness == Freshness::Stale && !self.round.looks_up
    }
}
