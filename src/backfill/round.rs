//! One round of a backfill: the work that its steps do, apart from the connection.

use std::mem::{self, discriminant};
use std::time::Instant;

use rusqlite::Connection;

use super::progress::Progress;
use super::refused_markers::RefusedMarkers;
use super::visited::Visited;
use super::write::{self, RolledBack, Undone};
use crate::case_variants;
use crate::connection::data_version;
use crate::date::Second;
use crate::error::{Error, Refusal};
use crate::facilitators;
use crate::fitness::Fitness;
use crate::interrupt::Interruptible;
use crate::join::addresses::{Addresses, Status};
use crate::join::freshness::Freshness;
use crate::join::laps::Restarts;
use crate::join::matched::MatchedUsers;
use crate::join::pages::Pages;
use crate::join::read::{Advance, ReadPhase};
use crate::marker::NewMarker;
use crate::memory::OutOfMemory;
use crate::report::BackfillReport;
use crate::savepoint::{noting_lost_transaction, require_no_writer};
use crate::schema::Schema;
use crate::step::blocking::Blocking;
use crate::step::budget::Budget;
use crate::step::pace::Wrote;
use crate::step::result::StepResult;
use crate::step::run::Steps;
use crate::text::Text;

/// Where more users than this are passed for each owner that is looked up again, and a good part of all users, their
/// ids are such that it takes as long for many owners as for few. Random ids stay below it.
const PASSED_PER_OWNER: u64 = 128;

/// How often a step may do nothing before something else has to come: each of three tables may be empty.
const MOST_IDLE: u32 = 8;

/// Where a backfill stands. It holds nothing of the connection, which each step is given anew: whoever keeps a
/// round beyond a call, as the C layer and the extension do, is lent the host's connection only while a step runs.
pub struct Round {
    mode: Mode,
    verified_at: Second,
    schema: Schema,
    /// What the schema says about every marker, for a preview.
    fitness: Fitness,
    addresses: Addresses,
    pass: Pass,
    /// How often the reading of this part has begun again.
    restarts: Restarts,
    /// Facilitators at the beginning: there can't be more owners.
    facilitators: u64,
    report: BackfillReport,
    refused: RefusedMarkers,
    /// The data version after the last step, to see whether others have written since.
    version: Option<u32>,
    /// What the last step tells, if it wrote.
    wrote: Option<Wrote>,
}

/// What a backfill may do.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    /// Write; between steps the host may do what it likes.
    Steps,
    /// Write, in one call: whatever transaction there is stays the same.
    OneCall,
    /// Write nothing, in one call.
    Preview,
}

/// What lives for one pass over the tables, which joins users and markers to one part of the addresses.
struct Pass {
    stage: Stage,
    freshness: Freshness,
    /// Whether an owner's facilitators, and the users who may be meant, can be found without reading all.
    looks_up: bool,
    /// How many users there were.
    users_read: u64,
    /// The users among whom those are whose marker is missing.
    users: MatchedUsers,
    /// Of these, who is to be visited next.
    next: Vec<NewMarker>,
    /// Whether there is a row that may be in the place of somebody's marker.
    taken: bool,
    /// Owners whose marker is missing and whom no step has visited yet.
    due: u64,
}

enum Stage {
    /// The tables are to be read.
    Beginning,
    /// Reading the tables.
    Reading(Box<ReadPhase>),
    /// Visiting the addresses from this one on, for which nothing is to be written.
    Visiting(usize),
    /// Writing what is missing.
    Writing,
    Finished,
}

impl Pass {
    fn new(conn: &Connection, schema: &Schema) -> Result<Self, Error> {
        let by_owner = schema.facilitators.index_on(conn, "owner_address")?.is_some();
        Ok(Pass {
            stage: Stage::Reading(Box::new(ReadPhase::new(schema))),
            freshness: Freshness::Unread,
            looks_up: by_owner && !case_variants::Search::new(conn, schema)?.reads_all(),
            users_read: 0,
            users: MatchedUsers::Passed,
            next: Vec::new(),
            taken: false,
            due: 0,
        })
    }
}

impl Round {
    /// Begins. Reads the clock, the schema and the number of facilitators.
    pub(super) fn new(conn: &Connection, mode: Mode) -> Result<Self, Error> {
        Self::with_addresses(conn, mode, Addresses::new)
    }

    fn with_addresses(
        conn: &Connection,
        mode: Mode,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        noting_lost_transaction(conn, || {
            let schema = Schema::read(conn)?;
            let fitness = if mode == Mode::Preview { Fitness::read(conn)? } else { Fitness::default() };
            let facilitators = facilitators::count(conn)?;
            Ok(Round {
                mode,
                verified_at: Second::now(),
                addresses: addresses(facilitators)?,
                pass: Pass::new(conn, &schema)?,
                schema,
                fitness,
                restarts: Restarts::default(),
                facilitators,
                report: BackfillReport::default(),
                refused: RefusedMarkers::default(),
                version: data_version(conn),
                wrote: None,
            })
        })
    }

    /// Begins a round of steps: see [`Backfill::new`](crate::Backfill::new).
    ///
    /// # Errors
    ///
    /// As [`Backfill::new`](crate::Backfill::new).
    pub fn in_steps(conn: &Connection) -> Result<Self, Error> {
        Self::new(conn, Mode::Steps)
    }

    /// Takes a step, always with the connection with which it was begun: see [`Backfill::step`](crate::Backfill::step).
    ///
    /// # Errors
    ///
    /// As [`Backfill::step`](crate::Backfill::step).
    pub fn step(&mut self, conn: &Connection, max_owners: u64) -> Result<StepResult, Error> {
        self.step_of_call(&Interruptible::new(conn)?, Budget::new(max_owners))
    }

    /// As [`step`](Round::step), in a call of several steps.
    pub(super) fn step_of_call(
        &mut self,
        conn: &Interruptible<'_>,
        mut budget: Budget,
    ) -> Result<StepResult, Error> {
        self.wrote = None;
        if self.mode == Mode::Steps {
            if conn.is_autocommit() {
                require_no_writer(conn)?;
            }
            noting_lost_transaction(conn, || self.schema.require_to_be_seen(conn))
                .map_err(|error| Schema::explain(conn, error))?;
        }
        if self.may_be_rolled_back(conn) {
            self.pass.freshness = Freshness::Stale;
        }
        let mut idle = 0;
        while !budget.is_spent() && !self.is_finished() {
            let before = (budget, discriminant(&self.pass.stage));
            // The host may have changed its schema since the last step.
            noting_lost_transaction(conn, || {
                self.go_on(conn, &mut budget).map_err(|error| Schema::explain(conn, error))
            })?;
            idle = if before == (budget, discriminant(&self.pass.stage)) { idle + 1 } else { 0 };
            if idle > MOST_IDLE {
                return Err(Error::Bug { what: "a step neither reads nor visits anything" });
            }
        }
        if self.is_finished() {
            self.refused.error(self.report).map_or(Ok(StepResult::Done), Err)
        } else {
            Ok(StepResult::More)
        }
    }

    fn is_finished(&self) -> bool {
        matches!(self.pass.stage, Stage::Finished)
    }

    /// The markers that were refused so far.
    pub(super) fn refused(&self) -> &RefusedMarkers {
        &self.refused
    }

    /// What the schema says about every marker, as a preview read it.
    pub(super) fn fitness(&self) -> &Fitness {
        &self.fitness
    }

    /// Whether the host can undo, between two steps, what a step reads: inside a transaction of the host's.
    fn may_be_rolled_back(&self, conn: &Connection) -> bool {
        self.mode == Mode::Steps && !conn.is_autocommit()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let remaining = match self.pass.stage {
            Stage::Finished => 0,
            Stage::Writing if self.addresses.is_last() => self.pass.due.max(1),
            _ => self.facilitators.saturating_sub(self.report.owners).max(1),
        };
        Progress { owners_visited: self.report.owners, remaining, report: self.report }
    }

    /// Does a part of a step.
    fn go_on(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<(), Error> {
        match self.pass.stage {
            Stage::Beginning => {
                let schema = Schema::read(conn)?;
                self.pass = Pass::new(conn, &schema)?;
                self.schema = schema;
                Ok(())
            }
            Stage::Reading(_) => self.read(conn, budget),
            Stage::Visiting(next) => {
                self.visit(next, budget);
                Ok(())
            }
            Stage::Writing => self.write(conn, budget),
            Stage::Finished => Ok(()),
        }
    }

    /// Reads on.
    fn read(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<(), Error> {
        let may_be_rolled_back = self.may_be_rolled_back(conn);
        let Pass { stage, freshness, .. } = &mut self.pass;
        let Stage::Reading(phase) = stage else { return Ok(()) };
        match phase.read(conn, &self.schema, &mut self.addresses, budget.rows_at_once())? {
            Advance::Page { rows, version } => {
                budget.spend_rows(rows);
                *freshness =
                    if may_be_rolled_back { Freshness::Stale } else { freshness.after_reading(version) };
            }
            Advance::BeginAgain => {
                self.restarts.add(conn)?;
                budget.spend_all();
                self.addresses.clear();
                *stage = Stage::Beginning;
                return Ok(());
            }
        }
        if phase.is_finished() {
            let found = mem::take(&mut phase.found);
            self.report.unreadable_dates += found.unreadable_dates;
            self.pass.taken = found.taken;
            self.pass.users_read = found.users;
            self.pass.users = found.owners.into_users(&self.schema);
            self.pass.stage = Stage::Visiting(0);
        }
        Ok(())
    }

    /// Visits the addresses from this one on for which nothing is to be written, and counts those for which
    /// something is.
    fn visit(&mut self, mut next: usize, budget: &mut Budget) {
        while next < self.addresses.len() && !budget.is_spent() {
            let mut owner = |count: &mut u64| {
                *count += 1;
                self.report.owners += 1;
                budget.spend_owner();
            };
            match self.addresses.status(next) {
                Status::UnknownUser => self.report.unknown_users += 1,
                Status::AmbiguousUser => self.report.ambiguous_users += 1,
                Status::Alias => {}
                Status::AlreadyEnrolled => owner(&mut self.report.already_enrolled),
                Status::UnreadableDate => owner(&mut self.report.unreadable_date),
                Status::Due(_) => self.pass.due += 1,
            }
            budget.spend_rows(1);
            next += 1;
        }
        if next < self.addresses.len() {
            self.pass.stage = Stage::Visiting(next);
        } else if self.pass.due > 0 {
            self.pass.stage = Stage::Writing;
        } else {
            self.next_part();
        }
    }

    /// Visits the next owners for whom something is to be written.
    fn write(&mut self, conn: &Interruptible<'_>, budget: &mut Budget) -> Result<(), Error> {
        let (begun, asked) = (Instant::now(), budget.owners);
        let met_others = self.mode == Mode::Steps && self.pass.freshness.look(conn, self.version)?;
        let owners = self.owners_to_visit(budget.owners);
        if self.pass.next.len() < owners {
            let more = budget.owners - self.pass.next.len() as u64;
            let found = self.pass.users.find_due(conn, &self.addresses, budget.rows, more)?;
            let Some((due, rows)) = found else {
                self.restarts.add(conn)?;
                budget.spend_all();
                self.pass.next.clear();
                self.pass.users = MatchedUsers::All(Pages::of_users(&self.schema));
                return Ok(());
            };
            self.pass.next.extend(due);
            budget.spend_rows(rows);
        }
        let next = mem::take(&mut self.pass.next);
        let visited = self.visit_first(conn, &next[..next.len().min(owners)]);
        self.pass.next = next;
        let (visited, blocking) = visited?;
        self.wrote = blocking.map(|blocking| Wrote {
            // Where there were fewer than it might have visited, so many fewer.
            owners: asked * visited as u64 / owners.max(1) as u64,
            reading: blocking.since.duration_since(begun),
            writing: blocking.writing,
            committing: blocking.committing,
            met_others: met_others || blocking.met_others,
        });
        if self.mode == Mode::Steps {
            self.version = data_version(conn);
        }
        if visited > 0 {
            // One write is enough for a step, and the lock is free before the next one.
            budget.spend_all();
        }
        let may_be_moved = self.pass.users.may_be_moved();
        for marker in self.pass.next.drain(..visited).filter(|_| may_be_moved) {
            self.addresses.note_visited(&marker.user_id.0);
        }
        if self.left_in_a_row() == Some(0) {
            self.pass.stage = Stage::Finished;
        } else if self.pass.next.is_empty() && self.pass.users.are_passed() {
            self.next_part();
        }
        Ok(())
    }

    /// How many owners whose marker is missing are to be visited at once.
    fn owners_to_visit(&self, most: u64) -> usize {
        let owners = self.pass.freshness.owners_at_once(most, self.pass.looks_up);
        usize::try_from(owners.min(self.left_in_a_row().unwrap_or(u64::MAX))).unwrap_or(usize::MAX)
    }

    /// Visits these owners, or the first of them. Gives their number, and how others were kept from writing.
    fn visit_first(
        &mut self,
        conn: &Interruptible<'_>,
        mut due: &[NewMarker],
    ) -> Result<(usize, Option<Blocking>), Error> {
        let (mut rolled_back, mut met_others) = (None, false);
        loop {
            match self.visit_due(conn, due, rolled_back.as_ref())? {
                Ok(blocking) => {
                    let met_others = |blocking: Blocking| Blocking {
                        met_others: met_others || blocking.met_others,
                        ..blocking
                    };
                    return Ok((due.len(), blocking.map(met_others)));
                }
                Err(Undone::Overtaken) => {
                    met_others = true;
                    self.pass.freshness = Freshness::Stale;
                    let few = self.owners_to_visit(due.len() as u64);
                    due = &due[..due.len().min(few)];
                }
                Err(Undone::RolledBack(marker)) => {
                    // Those before it are visited now, and the others in the next step.
                    let others = due.iter().take_while(|due| due.user_id != marker.user_id).count();
                    due = &due[..due.len().min(others + 1)];
                    rolled_back = Some(marker);
                }
            }
        }
    }

    /// How many markers may still be turned away before it is the schema, as long as none is written.
    fn left_in_a_row(&self) -> Option<u64> {
        (self.mode != Mode::Preview && self.report.created == 0).then(|| self.refused.left_in_a_row())
    }

    /// Visits owners whose marker is missing. Gives how others were kept from writing, or why nothing is done.
    fn visit_due(
        &mut self,
        conn: &Interruptible<'_>,
        due: &[NewMarker],
        rolled_back: Option<&RolledBack>,
    ) -> Result<Result<Option<Blocking>, Undone>, Error> {
        // A place that is taken needs no write lock to be seen.
        let apart = if self.pass.taken { Some(write::visit_taken(conn, due)?) } else { None };
        let (others, taken) = match apart {
            Some((others, taken)) => (Some(others), taken),
            None => (None, Visited::default()),
        };
        let others = others.as_deref().unwrap_or(due);
        let visited = match self.mode {
            _ if others.is_empty() => Visited::default(),
            Mode::Preview => write::foresee(others, &self.fitness)?,
            Mode::Steps | Mode::OneCall => {
                let (schema, freshness) = (&self.schema, self.pass.freshness);
                match write::write(conn, schema, others, self.verified_at, freshness, rolled_back)? {
                    Ok(visited) => visited,
                    Err(undone) => return Ok(Err(undone)),
                }
            }
        };
        self.note(&visited, due.len() as u64);
        let blocking = visited.blocking;
        let mut refused = self.count(taken);
        refused.extend(self.count(visited));
        refused.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (user_id, refusal) in refused {
            self.refused.add(user_id, refusal);
        }
        Ok(Ok(blocking))
    }

    /// Notes what a visit to so many owners told about the database.
    fn note(&mut self, visited: &Visited, owners: u64) {
        let pass = &mut self.pass;
        if let Some(freshness) = visited.freshness {
            pass.freshness = freshness;
        }
        if visited.passed > PASSED_PER_OWNER * owners && visited.passed > pass.users_read / 4 {
            pass.looks_up = false;
        }
        pass.due = pass.due.saturating_sub(owners);
    }

    /// Counts these owners, and gives those whose markers were refused.
    fn count(&mut self, visited: Visited) -> Vec<(Text, Refusal)> {
        let counts = visited.counts;
        self.report.owners += counts.owners;
        self.report.created += counts.created;
        self.report.already_enrolled += counts.already_enrolled;
        self.report.unreadable_date += counts.unreadable_date;
        self.report.refused += counts.refused;
        self.report.ambiguous_users += counts.ambiguous_users;
        visited.refused
    }

    fn next_part(&mut self) {
        self.restarts = Restarts::default();
        self.pass.stage = if self.addresses.advance() { Stage::Beginning } else { Stage::Finished };
    }
}

impl Steps for Round {
    fn take_step(&mut self, conn: &Interruptible<'_>, budget: Budget) -> Result<StepResult, Error> {
        self.step_of_call(conn, budget)
    }

    fn remaining(&self) -> u64 {
        self.progress().remaining
    }

    fn wrote(&self) -> Option<Wrote> {
        self.wrote
    }

    fn is_writing(&self) -> bool {
        matches!(self.pass.stage, Stage::Writing)
    }

    fn looks_all_up_at_once(&self) -> bool {
        self.pass.freshness == Freshness::Stale && !self.pass.looks_up
    }
}

#[cfg(test)]
mod tests;
