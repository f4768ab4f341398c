//! One round of a backfill: the work that its steps do, apart from the connection.

use std::mem::discriminant;
use std::time::Duration;

use rusqlite::Connection;

use super::Backfill;
use super::addresses::{Addresses, Status};
use super::freshness::Freshness;
use super::progress::{Progress, StepResult};
use super::refused::Refused;
use super::scan::Restarts;
use super::survey::{Survey, Surveyed};
use super::users::Users;
use super::visited::Visited;
use super::write::{self, Outcome, RolledBack};
use crate::case_variants;
use crate::date::Second;
use crate::error::{Error, Refusal};
use crate::facilitators;
use crate::fitness::Fitness;
use crate::interrupt::Interruptible;
use crate::marker::NewMarker;
use crate::memory::OutOfMemory;
use crate::report::BackfillReport;
use crate::savepoint::{borrowing, require_no_writer};
use crate::schema::Schema;
use crate::text::Text;

/// How many rows a step reads for each owner that it may visit.
const ROWS_PER_OWNER: u64 = 16;

/// The most rows that are read, and the most owners that are written to, at once: what bounds the memory of a
/// long step.
const ROWS_AT_ONCE: u64 = 65_536;
pub(super) const OWNERS_AT_ONCE: u64 = 10_000;

/// How many owners that are as the survey has them a step visits instead of one which has to be looked up
/// again: that takes several times as long, and the longer a step reads, the more often somebody else writes
/// meanwhile.
const OWNERS_PER_VERIFICATION: u64 = 4;

/// Where more users than this are passed for each owner that is looked up again, and a good part of all users, their
/// ids are such that it takes as long for many owners as for few. Random ids stay below it.
const PASSED_PER_OWNER: u64 = 128;

/// How often a step may do nothing before something else has to come: each of three tables may be empty.
const MOST_IDLE: u32 = 8;

/// Where a backfill stands. It holds nothing of the connection, which each step is given anew: whoever keeps a
/// round beyond a call, as the C layer and the extension do, is lent the host's connection only while a step runs.
pub struct Round {
    schema: Schema,
    verified_at: Second,
    mode: Mode,
    stage: Stage,
    addresses: Addresses,
    freshness: Freshness,
    /// Whether an owner's facilitators, and the users who may be meant, can be found without reading all.
    looks_up: bool,
    /// How many users the survey read.
    users_read: u64,
    /// How often the reading into this part has begun again.
    restarts: Restarts,
    /// Where the survey left the owners to be found.
    users: Users,
    /// Whether the survey found a row that may be in the place of somebody's marker.
    taken: bool,
    /// Facilitators at the beginning: there can't be more owners.
    facilitators: u64,
    /// Owners that the last survey found without a marker and that no step has visited yet.
    due: u64,
    report: BackfillReport,
    refused: Refused,
    /// What the schema says about every marker, for a preview.
    fitness: Fitness,
    /// How long the last step kept others from writing.
    blocking: Duration,
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

enum Stage {
    /// There are no addresses, and the tables are to be read.
    Beginning,
    /// Reading the tables.
    Surveying(Box<Survey>),
    /// Visiting the addresses from this one on, for which nothing is to be written.
    Visiting(usize),
    /// Writing what is missing.
    Writing,
    Finished,
}

/// What one step may still do.
#[derive(Clone, Copy, PartialEq)]
struct Allowance {
    owners: u64,
    rows: u64,
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
        borrowing(conn, || Self::begin(conn, mode, addresses))
    }

    fn begin(
        conn: &Connection,
        mode: Mode,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        let schema = Schema::read(conn)?;
        let fitness = if mode == Mode::Preview { Fitness::read(conn)? } else { Fitness::default() };
        let facilitators = facilitators::count(conn)?;
        Ok(Round {
            stage: Stage::Surveying(Box::new(Survey::new(&schema))),
            facilitators,
            looks_up: looks_up(conn, &schema)?,
            users_read: 0,
            restarts: Restarts::default(),
            schema,
            verified_at: Second::now(),
            mode,
            addresses: addresses(facilitators)?,
            freshness: Freshness::Unread,
            users: Users::default(),
            taken: false,
            due: 0,
            report: BackfillReport::default(),
            refused: Refused::default(),
            fitness,
            blocking: Duration::ZERO,
        })
    }

    /// Begins a round of steps: see [`Backfill::new`].
    ///
    /// # Errors
    ///
    /// As [`Backfill::new`].
    pub fn in_steps(conn: &Connection) -> Result<Self, Error> {
        Self::new(conn, Mode::Steps)
    }

    /// Takes a step, always with the connection with which it was begun: see [`Backfill::step`].
    ///
    /// # Errors
    ///
    /// As [`Backfill::step`].
    pub fn step(&mut self, conn: &Connection, max_owners: u64) -> Result<StepResult, Error> {
        self.step_of_call(&Interruptible::new(conn)?, max_owners)
    }

    /// As [`step`](Round::step), in a call of several steps.
    pub(super) fn step_of_call(
        &mut self,
        conn: &Interruptible<'_>,
        max_owners: u64,
    ) -> Result<StepResult, Error> {
        self.blocking = Duration::ZERO;
        let owners = max_owners.clamp(1, OWNERS_AT_ONCE);
        let mut allowance = Allowance { owners, rows: owners * ROWS_PER_OWNER };
        if self.mode == Mode::Steps {
            if conn.is_autocommit() {
                require_no_writer(conn)?;
            }
            borrowing(conn, || self.schema.require_to_be_seen(conn))
                .map_err(|error| Schema::explain(conn, error))?;
        }
        if self.may_be_rolled_back(conn) {
            self.freshness = Freshness::Stale;
        }
        let mut idle = 0;
        while allowance.owners > 0 && allowance.rows > 0 && !matches!(self.stage, Stage::Finished) {
            let before = (allowance, discriminant(&self.stage));
            // The host may have changed its schema since the last step.
            borrowing(conn, || {
                self.go_on(conn, &mut allowance).map_err(|error| Schema::explain(conn, error))
            })?;
            idle = if before == (allowance, discriminant(&self.stage)) { idle + 1 } else { 0 };
            if idle > MOST_IDLE {
                return Err(Error::Bug { what: "a step neither reads nor visits anything" });
            }
        }
        match self.stage {
            Stage::Finished => self.refused.error(self.report).map_or(Ok(StepResult::Done), Err),
            _ => Ok(StepResult::More),
        }
    }

    /// The markers that were refused so far.
    pub(super) fn refused(&self) -> &Refused {
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
        let remaining = match self.stage {
            Stage::Finished => 0,
            Stage::Writing if self.addresses.is_last() => self.due.max(1),
            _ => self.facilitators.saturating_sub(self.report.owners).max(1),
        };
        Progress { owners_visited: self.report.owners, remaining, report: self.report }
    }

    /// How long the last step kept others from writing: with a WAL, how long it held the write lock.
    pub(super) fn blocking(&self) -> Duration {
        self.blocking
    }

    /// Does one piece of work.
    fn go_on(&mut self, conn: &Interruptible<'_>, allowance: &mut Allowance) -> Result<(), Error> {
        let may_be_rolled_back = self.may_be_rolled_back(conn);
        match &mut self.stage {
            Stage::Surveying(survey) => {
                let limit = allowance.rows.min(ROWS_AT_ONCE);
                let (count, version) = match survey.read(conn, &self.schema, &mut self.addresses, limit)? {
                    Surveyed::Rows { count, version } => (count, version),
                    Surveyed::ToBeginAgain => {
                        self.restarts.add(conn)?;
                        allowance.rows = 0;
                        self.addresses.clear();
                        self.stage = Stage::Beginning;
                        return Ok(());
                    }
                };
                allowance.rows -= count.min(allowance.rows);
                self.freshness =
                    if may_be_rolled_back { Freshness::Stale } else { self.freshness.after_reading(version) };
                if survey.is_finished() {
                    self.report.unreadable_dates += survey.unreadable_dates();
                    self.taken = survey.may_be_taken();
                    self.users_read = survey.users_read();
                    self.users = survey.take_users(&self.schema);
                    self.due = 0;
                    self.stage = Stage::Visiting(0);
                }
                Ok(())
            }
            Stage::Visiting(_) => {
                self.visit(allowance);
                Ok(())
            }
            Stage::Beginning => self.begin_survey(conn),
            Stage::Writing => self.write(conn, allowance),
            Stage::Finished => Ok(()),
        }
    }

    /// Visits addresses for which nothing is to be written, and counts those for which something is.
    fn visit(&mut self, allowance: &mut Allowance) {
        let Stage::Visiting(next) = &mut self.stage else { return };
        while *next < self.addresses.len() && allowance.owners > 0 && allowance.rows > 0 {
            let mut owner = |count: &mut u64| {
                *count += 1;
                self.report.owners += 1;
                allowance.owners -= 1;
            };
            match self.addresses.status(*next) {
                Status::UnknownUser => self.report.unknown_users += 1,
                Status::AmbiguousUser => self.report.ambiguous_users += 1,
                Status::Alias => {}
                Status::AlreadyEnrolled => owner(&mut self.report.already_enrolled),
                Status::UnreadableDate => owner(&mut self.report.unreadable_date),
                Status::Due(_) => self.due += 1,
            }
            allowance.rows -= 1;
            *next += 1;
        }
        if *next == self.addresses.len() {
            if self.due > 0 {
                self.stage = Stage::Writing;
            } else {
                self.next_part();
            }
        }
    }

    /// Visits the next owners for whom something is to be written.
    fn write(&mut self, conn: &Interruptible<'_>, allowance: &mut Allowance) -> Result<(), Error> {
        if self.mode == Mode::Steps {
            self.freshness = self.freshness.now(conn)?;
        }
        let mut owners = match self.freshness {
            // Without an index, it takes as long for many owners as for few.
            Freshness::Stale if self.looks_up => allowance.owners.div_ceil(OWNERS_PER_VERIFICATION),
            _ => allowance.owners,
        };
        if let Some(left) = self.left_in_a_row() {
            owners = owners.min(left);
        }
        let mut rolled_back = None;
        let found = loop {
            let found = self.users.find_due(conn, &self.addresses, allowance.rows, owners)?;
            let Some(found) = found else {
                self.restarts.add(conn)?;
                allowance.rows = 0;
                self.users.begin_again(&self.schema);
                return Ok(());
            };
            match self.visit_due(conn, &found.due, rolled_back.as_ref())? {
                None => break found,
                // Those before it are visited now, and the others in the next step.
                Some(marker) => {
                    let others = found.due.iter().take_while(|due| due.user_id != marker.user_id).count();
                    owners = others as u64 + 1;
                    rolled_back = Some(marker);
                }
            }
        };
        allowance.rows -= found.rows.min(allowance.rows);
        if !found.due.is_empty() {
            // One write is enough for a step, and the lock is free before the next one.
            allowance.owners = 0;
        }
        if self.users.may_be_moved() {
            found.due.iter().for_each(|due| self.addresses.note_visited(&due.user_id.0));
        }
        let is_last = found.is_last;
        self.users.move_past(found);
        if self.left_in_a_row() == Some(0) {
            self.stage = Stage::Finished;
        } else if is_last {
            self.next_part();
        }
        Ok(())
    }

    /// How many markers may still be turned away before it is the schema, as long as none is written.
    fn left_in_a_row(&self) -> Option<u64> {
        (self.mode != Mode::Preview && self.report.created == 0).then(|| self.refused.left_in_a_row())
    }

    /// Visits owners whose marker is missing. Gives the marker because of which nothing is done, if there is one
    /// that makes the host's database roll back.
    fn visit_due(
        &mut self,
        conn: &Interruptible<'_>,
        due: &[NewMarker],
        rolled_back: Option<&RolledBack>,
    ) -> Result<Option<RolledBack>, Error> {
        let owners = due.len() as u64;
        // A place that is taken needs no write lock to be seen.
        let apart = if self.taken { Some(write::visit_taken(conn, due)?) } else { None };
        let (others, taken) = match apart {
            Some((others, taken)) => (Some(others), taken),
            None => (None, Visited::default()),
        };
        let others = others.as_deref().unwrap_or(due);
        let visited = match self.mode {
            _ if others.is_empty() => Visited::default(),
            Mode::Preview => write::foresee(others, &self.fitness)?,
            Mode::Steps | Mode::OneCall => {
                let outcome =
                    write::write(conn, &self.schema, others, self.verified_at, self.freshness, rolled_back)?;
                match outcome {
                    Outcome::Visited(visited) => {
                        if visited.is_stale {
                            self.freshness = Freshness::Stale;
                        } else if visited.is_committed {
                            self.freshness = self.freshness.after_committing(conn);
                        }
                        if visited.passed > PASSED_PER_OWNER * owners && visited.passed > self.users_read / 4
                        {
                            self.looks_up = false;
                        }
                        visited
                    }
                    Outcome::RolledBack(marker) => return Ok(Some(marker)),
                }
            }
        };
        self.blocking = visited.blocking;
        self.due = self.due.saturating_sub(owners);
        let mut refused = self.count(taken);
        refused.extend(self.count(visited));
        refused.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (user_id, refusal) in refused {
            self.refused.add(user_id, refusal);
        }
        Ok(None)
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
        self.stage = if self.addresses.advance() { Stage::Beginning } else { Stage::Finished };
    }

    /// Begins to read the tables, which the host may have changed.
    fn begin_survey(&mut self, conn: &Connection) -> Result<(), Error> {
        let schema = Schema::read(conn)?;
        self.looks_up = looks_up(conn, &schema)?;
        self.stage = Stage::Surveying(Box::new(Survey::new(&schema)));
        self.schema = schema;
        self.freshness = Freshness::Unread;
        Ok(())
    }

    /// How many owners a step should visit that has the time.
    pub(super) fn owners_per_step(&self) -> u64 {
        match self.freshness {
            // To look them up again takes as long for many as for few.
            Freshness::Stale if !self.looks_up => OWNERS_AT_ONCE,
            _ => Backfill::DEFAULT_OWNERS_PER_STEP,
        }
    }
}

fn looks_up(conn: &Connection, schema: &Schema) -> Result<bool, Error> {
    let by_owner = schema.facilitators.index_on(conn, "owner_address")?.is_some();
    Ok(by_owner && !case_variants::Search::new(conn, schema)?.reads_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backfill::skipped::list_skipped;

    /// Several hundred addresses of every kind, some of them for the same owner.
    fn host() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
        let add_user = "INSERT INTO \"user\"(id, name, email) VALUES (?1, 'Somebody', ?1)";
        let add_facilitator = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                               VALUES (hex(randomblob(8)), 'Pay', hex(randomblob(8)), ?1, ?2)";
        for number in 0..150 {
            let date =
                if number % 11 == 0 { "soon".to_owned() } else { format!("2026-01-{:02}", 10 + number % 13) };
            let id = format!("User{number}");
            conn.execute(add_user, [&id]).unwrap();
            let mut addresses = vec![id.to_lowercase(), format!("gone{number}")];
            match number % 5 {
                0 => addresses.push(id.to_lowercase()),
                1 => addresses.push(id),
                2 => {
                    conn.execute(add_user, [id.to_uppercase()]).unwrap();
                    addresses.push(id);
                }
                3 => addresses.push(id.to_uppercase()),
                _ => {}
            }
            for owner_address in addresses {
                conn.execute(add_facilitator, [&owner_address, &date]).unwrap();
            }
        }
        conn
    }

    /// The report, the markers, and whether the addresses were read in parts.
    fn run(conn: &Connection, mode: Mode, capacity: u64) -> (BackfillReport, Vec<(String, String)>, bool) {
        let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
        let mut round = Round::with_addresses(conn, mode, addresses).unwrap();
        let mut in_parts = false;
        while round.step(conn, 7).unwrap() == StepResult::More {
            in_parts |= !round.addresses.is_last();
        }
        (round.report, written(conn), in_parts)
    }

    fn written(conn: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT user_id, created_at FROM reward_addresses ORDER BY user_id";
        let mut statement = conn.prepare(sql).unwrap();
        let markers = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        markers.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn addresses_that_do_not_fit_are_read_in_parts_and_come_to_the_same() {
        let (report, markers, in_parts) = run(&host(), Mode::Steps, 100_000);
        assert!(!in_parts);
        assert!(
            report.created > 50 && report.ambiguous_users > 20 && report.unknown_users > 150,
            "{report:?}"
        );
        for capacity in [3, 10, 64, 100, 250] {
            let conn = host();
            let (foreseen, none, _) = run(&conn, Mode::Preview, capacity);
            assert_eq!((foreseen, none.len()), (report, 0), "capacity {capacity}");
            let (done, written, in_parts) = run(&conn, Mode::Steps, capacity);
            assert_eq!((done, &written), (report, &markers), "capacity {capacity}");
            assert!(in_parts, "capacity {capacity}");
            let (again, ..) = run(&conn, Mode::Steps, capacity);
            assert_eq!((again.created, again.already_enrolled), (0, report.created));
        }
    }

    #[test]
    fn what_the_host_rolls_back_is_not_trusted_in_any_part() {
        let (_, markers, _) = run(&host(), Mode::Steps, 100_000);
        for step_within in 0..60 {
            let conn = host();
            run(&conn, Mode::Steps, 100_000);
            // Most parts have nothing to write, so that a step can go on to the next.
            conn.execute("DELETE FROM reward_addresses WHERE user_id LIKE '%77'", []).unwrap();
            let addresses = |facilitators| Addresses::with_capacity(30, facilitators);
            let mut round = Round::with_addresses(&conn, Mode::Steps, addresses).unwrap();
            for step in 0.. {
                if step == step_within {
                    conn.execute_batch("BEGIN; UPDATE facilitators SET created_at = '2020-01-01'").unwrap();
                    let _ = round.step(&conn, 20).unwrap();
                    conn.execute_batch("ROLLBACK").unwrap();
                } else if round.step(&conn, 20).unwrap() == StepResult::Done {
                    break;
                }
            }
            assert!(written(&conn).iter().all(|marker| markers.contains(marker)), "step {step_within}");
        }
    }

    fn add_owner(conn: &Connection, id: &str) {
        conn.execute("INSERT INTO \"user\"(id, name, email) VALUES (?1, ?1, ?1)", [id]).unwrap();
        let sql =
            "INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES (?1, ?1, ?1, lower(?1))";
        conn.execute(sql, [id]).unwrap();
    }

    /// Steps through a backfill whose first owner is due, and the others no longer. Gives how long others were
    /// kept from writing: by the step that wrote, and by all that didn't.
    fn blocking(journal_mode: &str) -> (Duration, Duration) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let conn = Connection::open(file.path()).unwrap();
        conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}")).unwrap();
        conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
        let ids = ["Ada", "Bob", "Cid", "Dan"];
        ids.iter().for_each(|id| add_owner(&conn, id));
        let mut round = Round::new(&conn, Mode::Steps).unwrap();
        let mut by_others = Duration::ZERO;
        while round.report.created == 0 {
            by_others += round.blocking();
            let _ = round.step(&conn, 1).unwrap();
        }
        let by_the_writer = round.blocking();
        for id in ids {
            let _ = crate::ensure_facilitator_marker(&conn, id).unwrap();
        }
        while round.step(&conn, 1).unwrap() == StepResult::More {
            by_others += round.blocking();
        }
        by_others += round.blocking();
        assert_eq!((round.report.created, round.report.already_enrolled), (1, 3));
        (by_the_writer, by_others)
    }

    #[test]
    fn only_a_step_that_writes_keeps_others_from_it() {
        for journal_mode in ["WAL", "DELETE"] {
            let (by_the_writer, by_others) = blocking(journal_mode);
            assert!(!by_the_writer.is_zero() && by_others.is_zero(), "{journal_mode}");
        }
    }

    #[test]
    fn fewer_owners_are_visited_as_soon_as_somebody_has_written() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
        (10..30).for_each(|number| add_owner(&conn, &format!("User{number}")));
        let mut round = Round::new(&conn, Mode::Steps).unwrap();
        while round.report.created == 0 {
            let _ = round.step(&conn, 8).unwrap();
        }
        assert_eq!(round.report.created, 8);
        add_owner(&conn, "Somebody");
        let _ = round.step(&conn, 8).unwrap();
        assert_eq!(round.report.created, 8 + 8 / OWNERS_PER_VERIFICATION);
    }

    #[test]
    fn skipped_owners_that_do_not_fit_are_listed_all_the_same() {
        let conn = host();
        let listed = |capacity| {
            let mut all = Vec::new();
            let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
            list_skipped(&conn, &Refused::default(), addresses, |owner| all.push(format!("{owner:?}")))
                .unwrap();
            all.sort();
            all
        };
        let all = listed(100_000);
        assert!(all.len() > 50);
        assert_eq!(listed(30), all);
    }
}
