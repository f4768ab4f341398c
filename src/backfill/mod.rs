//! The backfill in steps.

mod call;
mod knowledge;
mod partition;
mod preview;
mod progress;
mod scan;
mod skipped;
mod survey;
mod writing;

use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use self::knowledge::Knowledge;
use self::partition::{Partition, Standing};
use self::scan::Scan;
use self::survey::Survey;
use self::writing::Visited;
use crate::date::Second;
use crate::error::{During, Error};
use crate::obstacle::BlockedMarker;
use crate::report::BackfillReport;
use crate::schema::Schema;

pub use self::call::backfill_facilitator_markers;
pub use self::preview::preview_facilitator_markers;
pub use self::progress::{Progress, StepResult};
pub use self::skipped::{SkippedOwner, for_each_skipped_owner};

/// How many rows a step reads for each owner that it may visit.
const ROWS_PER_OWNER: u64 = 16;

/// A backfill in steps, for a host that has other things to do meanwhile: a marker for every owner who has none.
///
/// It is made after `rusqlite::backup::Backup`. First the steps read: facilitators, users and markers, each table once.
/// Then they write what is missing, in the order of user ids. Between two steps no statement is open, no lock is held and
/// no snapshot of the database lives on, whatever the host does on this connection or others.
///
/// A marker is right at the moment at which it is committed: if anything was written to the database since the owner was
/// read, the step looks the owner up again under the write lock. Users and facilitators that come while a backfill runs
/// may be left for the next one.
///
/// Dropping it anywhere is safe, and so is a crash: what was committed is whole, and the next backfill does the rest.
///
/// # Memory
///
/// 32 bytes for each distinct `owner_address`, and never more than 48 MiB: if there are more than fit, about a million, the
/// tables are read once for each part of them. Each part is written in the order of user ids.
///
/// # The connection
///
/// In autocommit mode a step that writes is one `BEGIN IMMEDIATE` transaction; a step that has nothing to write takes no
/// write lock. Inside a transaction of the host's, a step is a savepoint. A step that fails undoes its own work only.
///
/// # Example
///
/// ```
/// use facilitator_markers::{Backfill, StepResult, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// let mut backfill = Backfill::new(&conn)?;
/// while backfill.step(500)? == StepResult::More {
///     println!("{} owners to go", backfill.progress().remaining);
/// }
/// println!("{} markers created", backfill.report().created);
/// # Ok(())
/// # }
/// ```
pub struct Backfill<'c> {
    conn: &'c Connection,
    schema: Schema,
    verified_at: Second,
    mode: Mode,
    stage: Stage,
    partition: Partition,
    knowledge: Knowledge,
    /// Facilitators at the beginning: there can't be more owners.
    facilitators: u64,
    /// Owners that the last survey found without a marker and that no step has visited yet.
    due: u64,
    report: BackfillReport,
    blocked: u64,
    first_blocked: Option<BlockedMarker>,
}

/// What a backfill may do.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Write; between steps the host may do what it likes.
    Steps,
    /// Write, in one call: whatever transaction there is stays the same.
    OneCall,
    /// Write nothing, in one call.
    Preview,
}

enum Stage {
    /// Reading the tables.
    Surveying(Survey),
    /// Visiting the addresses from this one on, for which nothing is to be written.
    Visiting(usize),
    /// Writing, from here on among the users.
    Writing(Scan),
    Finished,
}

/// What one step may still do.
struct Allowance {
    owners: u64,
    rows: u64,
}

impl<'c> Backfill<'c> {
    /// How many owners a step of [`backfill_facilitator_markers`] visits at most.
    pub const DEFAULT_OWNERS_PER_STEP: u64 = 500;

    /// How long [`backfill_facilitator_markers`] leaves the database to other connections after each step that wrote.
    pub const DEFAULT_PAUSE: Duration = Duration::from_millis(1);

    /// Begins a backfill. Reads the clock, the schema and the number of facilitators; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSchema`], [`Error::UnsupportedSqlite`] and whatever SQLite answers.
    pub fn new(conn: &'c Connection) -> Result<Self, Error> {
        Self::in_mode(conn, Mode::Steps, Partition::new())
    }

    fn in_mode(conn: &'c Connection, mode: Mode, partition: Partition) -> Result<Self, Error> {
        let schema = Schema::read(conn)?;
        let facilitators =
            conn.query_row("SELECT count(*) FROM main.facilitators", [], |row| row.get::<_, i64>(0));
        Ok(Backfill {
            stage: Stage::Surveying(Survey::new(&schema)),
            facilitators: facilitators.during(conn, "counting facilitators")?.unsigned_abs(),
            conn,
            schema,
            verified_at: Second::now(),
            mode,
            partition,
            knowledge: Knowledge::None,
            due: 0,
            report: BackfillReport::default(),
            blocked: 0,
            first_blocked: None,
        })
    }

    /// Visits up to `max_owners` owners (at least one), in one short write. Reads a number of rows in proportion to
    /// `max_owners`, and no more.
    ///
    /// # Errors
    ///
    /// Whatever SQLite answers, and [`Error::MarkerRejected`]: nothing of this step remains in the database, and the same
    /// step can be tried again, with nothing lost, done twice or counted twice. [`Error::MarkerBlocked`] comes only when
    /// all owners have been visited, and instead of [`StepResult::Done`].
    pub fn step(&mut self, max_owners: u64) -> Result<StepResult, Error> {
        let owners = max_owners.max(1);
        let mut allowance = Allowance { owners, rows: owners.saturating_mul(ROWS_PER_OWNER) };
        // The host may roll back what is read, or was written before, inside its own transaction.
        if self.mode == Mode::Steps && !self.conn.is_autocommit() {
            self.knowledge = Knowledge::Mixed;
        }
        while allowance.owners > 0 && allowance.rows > 0 && !matches!(self.stage, Stage::Finished) {
            self.go_on(&mut allowance)?;
        }
        match (&self.stage, &self.first_blocked) {
            (Stage::Finished, None) => Ok(StepResult::Done),
            (Stage::Finished, Some(first)) => Err(Error::MarkerBlocked {
                count: self.blocked,
                first: first.clone(),
                report: Some(Box::new(self.report)),
            }),
            _ => Ok(StepResult::More),
        }
    }

    /// Takes steps until the backfill is finished, and sleeps for `pause` after each step that wrote, so that other
    /// connections get their turn: SQLite lets a waiting connection try again only now and then. After each step,
    /// `progress` is told how far the backfill is.
    ///
    /// # Errors
    ///
    /// As [`step`](Backfill::step). It can be called again, and goes on where it stopped.
    pub fn run_to_completion(
        &mut self,
        max_owners_per_step: u64,
        pause: Duration,
        mut progress: Option<impl FnMut(Progress)>,
    ) -> Result<BackfillReport, Error> {
        loop {
            let created = self.report.created;
            let result = self.step(max_owners_per_step);
            if let Some(progress) = &mut progress {
                progress(self.progress());
            }
            if result? == StepResult::Done {
                return Ok(self.report);
            }
            if self.report.created > created {
                thread::sleep(pause);
            }
        }
    }

    /// How far the backfill is.
    pub fn progress(&self) -> Progress {
        let remaining = match self.stage {
            Stage::Finished => 0,
            Stage::Writing(_) if self.partition.is_last() => self.due.max(1),
            _ => self.facilitators.saturating_sub(self.report.owners).max(1),
        };
        Progress { owners_visited: self.report.owners, remaining, report: self.report }
    }

    /// The counts so far; once the backfill is finished, of all owners.
    pub fn report(&self) -> BackfillReport {
        self.report
    }

    /// Does one piece of work.
    fn go_on(&mut self, allowance: &mut Allowance) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Surveying(survey) => {
                let read = survey.read(self.conn, &self.schema, &mut self.partition, allowance.rows)?;
                allowance.rows -= read.min(allowance.rows);
                self.knowledge = self.knowledge.after_reading(self.conn);
                if survey.is_finished() {
                    self.report.unreadable_dates += survey.unreadable_dates();
                    self.due = 0;
                    self.stage = Stage::Visiting(0);
                }
                Ok(())
            }
            Stage::Visiting(_) => {
                self.visit(allowance);
                Ok(())
            }
            Stage::Writing(_) => self.write(allowance),
            Stage::Finished => Ok(()),
        }
    }

    /// Visits addresses for which nothing is to be written, and counts those for which something is.
    fn visit(&mut self, allowance: &mut Allowance) {
        let Stage::Visiting(next) = &mut self.stage else { return };
        while *next < self.partition.len() && allowance.owners > 0 && allowance.rows > 0 {
            let mut owner = |count: &mut u64| {
                *count += 1;
                self.report.owners += 1;
                allowance.owners -= 1;
            };
            match self.partition.standing(*next) {
                Standing::Unknown => self.report.unknown_users += 1,
                Standing::Ambiguous => self.report.ambiguous_users += 1,
                Standing::Represented => {}
                Standing::Enrolled => owner(&mut self.report.already_enrolled),
                Standing::Undated => owner(&mut self.report.no_readable_date),
                Standing::Due(_) => self.due += 1,
            }
            allowance.rows -= 1;
            *next += 1;
        }
        if *next == self.partition.len() {
            if self.due > 0 {
                self.stage = Stage::Writing(Scan::of_users());
            } else {
                self.next_partition();
            }
        }
    }

    /// Visits the next owners for whom something is to be written.
    fn write(&mut self, allowance: &mut Allowance) -> Result<(), Error> {
        let Stage::Writing(users) = &mut self.stage else { return Ok(()) };
        let (due, piece) =
            writing::find_due(self.conn, users, &self.partition, allowance.rows, allowance.owners)?;
        allowance.rows -= piece.rows.min(allowance.rows);
        let is_last = piece.is_last();
        if !due.is_empty() {
            let owners = due.len() as u64;
            let visited = match self.mode {
                Mode::Preview => writing::foresee(self.conn, &due)?,
                _ => writing::write(self.conn, &self.schema, due, self.verified_at, self.knowledge)?,
            };
            self.due = self.due.saturating_sub(owners);
            // One write is enough for a step, and the lock is free before the next one.
            allowance.owners = 0;
            self.knowledge = self.knowledge.after_writing(self.conn, visited.disturbed);
            self.count(visited);
        }
        if let Stage::Writing(users) = &mut self.stage {
            users.move_past(piece);
        }
        if is_last {
            self.next_partition();
        }
        Ok(())
    }

    fn count(&mut self, visited: Visited) {
        let counts = visited.counts;
        self.report.owners += counts.owners;
        self.report.created += counts.created;
        self.report.already_enrolled += counts.already_enrolled;
        self.report.no_readable_date += counts.no_readable_date;
        self.report.ambiguous_users += counts.ambiguous_users;
        self.blocked += visited.blocked;
        if self.first_blocked.is_none() {
            self.first_blocked = visited.first_blocked;
        }
    }

    fn next_partition(&mut self) {
        self.knowledge = Knowledge::None;
        self.stage = if self.partition.advance() {
            Stage::Surveying(Survey::new(&self.schema))
        } else {
            Stage::Finished
        };
    }
}
