//! One round of a repair: the work that its steps do, apart from the connection.

use std::collections::VecDeque;
use std::time::Instant;

use rusqlite::Connection;

use super::change::Change;
use super::progress::RepairProgress;
use super::write::{self, Mended, Tell, Undone};
use crate::audit::judge::{Place, Replacement};
use crate::audit::pass::{Pass, Passed};
use crate::audit::suspects::Suspect;
use crate::connection::data_version;
use crate::date::Second;
use crate::error::{Error, RefusedMarker};
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::join::freshness::Freshness;
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
    pass: Pass,
    /// The markers that are to be visited next.
    suspects: VecDeque<Suspect>,
    is_finished: bool,
    report: RepairReport,
    first_refused: Option<RefusedMarker>,
    /// The data version after the last step, to see whether others have written since.
    version: Option<u32>,
    /// What the last step tells, if it wrote.
    wrote: Option<Wrote>,
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
            Ok(RepairRound {
                is_in_steps,
                verified_at: Second::now(),
                pass: Pass::new(conn, addresses)?,
                suspects: VecDeque::new(),
                is_finished: false,
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
            noting_lost_transaction(conn, || self.pass.schema.require_to_be_seen(conn))
                .map_err(|error| Schema::explain(conn, error))?;
        }
        let mut idle = 0;
        while !budget.is_spent() && !self.is_finished {
            let before = budget;
            // The host may have changed its schema since the last step.
            noting_lost_transaction(conn, || {
                self.go_on(conn, &mut budget, tell).map_err(|error| Schema::explain(conn, error))
            })?;
            idle = if before == budget { idle + 1 } else { 0 };
            if idle > MOST_IDLE {
                return Err(Error::Bug { what: "a step neither reads nor mends anything" });
            }
        }
        match &self.first_refused {
            _ if !self.is_finished => Ok(StepResult::More),
            None => Ok(StepResult::Done),
            Some(first) => Err(Error::RepairRefused {
                count: self.report.refused,
                first: first.clone(),
                report: Box::new(self.report),
            }),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> RepairProgress {
        RepairProgress { is_done: self.is_finished, report: self.report }
    }

    /// Whether the host can undo, between two steps, what a step reads: inside a transaction of the host's.
    fn may_be_rolled_back(&self, conn: &Connection) -> bool {
        self.is_in_steps && !conn.is_autocommit()
    }

    /// Does a part of a step.
    fn go_on(&mut self, conn: &Interruptible<'_>, budget: &mut Budget, tell: Tell<'_>) -> Result<(), Error> {
        if self.may_be_rolled_back(conn) {
            self.pass.freshness = Freshness::Stale;
        }
        if self.pass.is_at_markers() || self.pass.is_at_end_of_part() {
            return self.mend(conn, budget, tell);
        }
        self.read(conn, budget)
    }

    /// Reads on, and keeps the markers that may have to be mended.
    fn read(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<(), Error> {
        match self.pass.read(conn, budget.rows_at_once())? {
            Passed::Rows(rows) => budget.spend_rows(rows),
            Passed::Markers(markers) => {
                self.report.markers += markers.count;
                budget.spend_rows(markers.rows.max(1));
                self.suspects.extend(markers.suspects.into_iter().filter(may_be_mended));
            }
            Passed::Moved => {
                self.suspects.clear();
                budget.spend_all();
            }
            Passed::Part => {}
        }
        Ok(())
    }

    /// Mends the next markers.
    fn mend(&mut self, conn: &Interruptible<'_>, budget: &mut Budget, tell: Tell<'_>) -> Result<(), Error> {
        let begun = Instant::now();
        let met_others = self.is_in_steps && self.pass.freshness.look(conn, self.version)?;
        let most = self.pass.freshness.owners_at_once(budget.owners, self.pass.looks_up);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while self.suspects.len() < most && !budget.is_spent() && self.pass.is_at_markers() {
            self.read(conn, budget)?;
        }
        let markers = self.suspects.len().min(most);
        let is_last = self.pass.is_at_end_of_part();
        // Otherwise there are too few yet, and reading costs nobody anything.
        if markers > 0 && (markers == most || is_last) {
            let (markers, mended) = self.mend_first(conn, markers, tell)?;
            self.wrote = mended.blocking.map(|blocking| Wrote {
                owners: markers as u64,
                reading: blocking.since.duration_since(begun),
                writing: blocking.writing,
                committing: blocking.committing,
                met_others: met_others || blocking.met_others,
            });
            self.suspects.drain(..markers);
            // One write is enough for a step, and the lock is free before the next one.
            budget.spend_all();
        }
        if self.is_in_steps {
            self.version = data_version(conn);
        }
        if is_last && self.suspects.is_empty() {
            self.is_finished = !self.pass.next_part();
        }
        Ok(())
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
            match write::mend(conn, &self.pass.schema, suspects, self.verified_at, self.pass.freshness, tell)?
            {
                Ok(mut mended) => {
                    self.pass.freshness = mended.freshness.unwrap_or(self.pass.freshness);
                    self.count(&mut mended);
                    mended.blocking = mended.blocking.map(|blocking| Blocking {
                        met_others: met_others || blocking.met_others,
                        ..blocking
                    });
                    return Ok((markers, mended));
                }
                Err(Undone::Overtaken) => {
                    met_others = true;
                    self.pass.freshness = Freshness::Stale;
                    let few = self.pass.freshness.owners_at_once(markers as u64, self.pass.looks_up);
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
fn may_be_mended(suspect: &Suspect) -> bool {
    suspect.owner.is_none_or(|owner| !Replacement::of(&suspect.row, &Place::Marker(owner)).is_nothing())
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
        match self.round.pass.is_at_end_of_part() {
            _ if self.round.is_finished => 0,
            true => self.round.suspects.len() as u64,
            // Nobody knows how many there are.
            false => u64::MAX,
        }
    }

    fn wrote(&self) -> Option<Wrote> {
        self.round.wrote
    }

    fn is_writing(&self) -> bool {
        !self.round.is_finished
    }

    fn looks_all_up_at_once(&self) -> bool {
        self.round.pass.freshness == Freshness::Stale && !self.round.pass.looks_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_mended_in_however_many_parts_the_facilitators_are_held() {
        for capacity in [10, 1_000] {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
            conn.execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
                 INSERT INTO \"user\"(id, name, email) SELECT 'User' || i, 'Somebody', i FROM n;
                 INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                 SELECT id, 'Pay', id, lower(id), '2025-01-01 00:00:00' FROM \"user\";
                 INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
                 SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2026-01-01 00:00:00' FROM \"user\";",
            )
            .unwrap();
            let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
            let mut round = RepairRound::with_addresses(&conn, true, addresses).unwrap();
            let mut users = std::collections::BTreeSet::new();
            let mut step = || {
                round.step(&conn, 7, |change| {
                    assert!(users.insert(change.user_id), "told twice");
                    Ok(())
                })
            };
            while step().unwrap() == StepResult::More {}
            assert_eq!((round.progress().report.markers, users.len()), (100, 100), "{capacity}");
            let late = "SELECT count(*) FROM reward_addresses WHERE created_at > '2025-01-01 00:00:00'";
            assert_eq!(conn.query_row(late, [], |row| row.get::<_, u32>(0)).unwrap(), 0);
        }
    }
}
