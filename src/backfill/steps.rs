//! The backfill in steps.

use std::time::Duration;

use rusqlite::Connection;

use super::progress::Progress;
use super::round::Round;
use super::skipped::{self, SkippedOwner};
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::report::BackfillReport;
use crate::step::budget::OWNERS_PER_STEP;
use crate::step::result::StepResult;
use crate::step::run::{PAUSE, run_in_steps};

/// A backfill in steps, for a host that has other things to do meanwhile: a marker for every owner who has
/// none.
///
/// It is made after `rusqlite::backup::Backup`. The facilitators are counted when it is made. Then the steps
/// read: facilitators, users and markers, each table once. Then they write what is missing, in the order of user
/// ids. Where the ids of the users to whom a facilitator may belong take more than 4 MiB, the ids of all users are
/// read once more for that, in the order of the unique index that the host has on them, whatever its collation.
///
/// A marker is right at the moment at which it is committed: if anything was written to the database since
/// the owner was read, the step looks the owner up again. It does so before it takes the write lock, and once
/// more under the lock if somebody has written in between. Users and facilitators that come while a backfill
/// runs may be left for the next one. Where rows are moved while they are read, because somebody runs VACUUM, copies a
/// table or changes the schema, the reading begins again.
///
/// Dropping it anywhere is safe, and so is a crash: what was committed is whole, and the next backfill does
/// the rest.
///
/// # Memory
///
/// 32 bytes for each facilitator, which are reserved at the beginning, up to 48 MiB, beside 4 MiB of ids and
/// what SQLite and a step need: a step takes fewer rows where ids are long. If there are more facilitators than fit, about
/// one and a half million, they are divided into parts, the tables are read once for each of them, and each part is
/// written in the order of user ids. More facilitators than were counted at the beginning take more. Of the refused
/// markers 10,000 are remembered, or 4 MiB of them.
///
/// # The connection
///
/// In autocommit mode a step that writes is one transaction, which locks `main` alone; a step that has nothing
/// to write takes no write lock. Inside a transaction of the host's, a step that writes is a savepoint. A step
/// that fails undoes its own work only. While a statement of the host's is writing, as around a SQL function,
/// a step fails with `SQLITE_BUSY`.
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
    round: Round,
}

impl<'c> Backfill<'c> {
    /// A good number of owners for a step, for a host that takes the steps itself: a few milliseconds of work.
    pub const DEFAULT_OWNERS_PER_STEP: u64 = OWNERS_PER_STEP;

    /// How long [`backfill_facilitator_markers`](crate::backfill_facilitator_markers) pauses at least, beside somebody
    /// who writes too.
    pub const DEFAULT_PAUSE: Duration = PAUSE;

    /// Begins a backfill. Reads the clock, the schema and the number of facilitators; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSchema`], [`Error::UnsupportedSqlite`] and whatever SQLite answers.
    pub fn new(conn: &'c Connection) -> Result<Self, Error> {
        Ok(Backfill { round: Round::in_steps(conn)?, conn })
    }

    /// Visits up to `max_owners` owners (at least one, and never more than 10,000), in one short write. Reads
    /// a number of rows in proportion to `max_owners`, and no more; only where `owner_address` has no index,
    /// and somebody has written since the tables were read, does a step that writes read all facilitators.
    ///
    /// # Errors
    ///
    /// Whatever SQLite answers: nothing of this step remains in the database, and the same step can be tried
    /// again, with nothing lost, done twice or counted twice. [`Error::MarkerRefused`] comes only when the
    /// backfill is finished, instead of [`StepResult::Done`].
    pub fn step(&mut self, max_owners: u64) -> Result<StepResult, Error> {
        self.round.step(self.conn, max_owners)
    }

    /// Takes steps until the backfill is finished, at a pace at which other connections can write. It writes in
    /// stretches, of about 30 ms (40 ms if that is all) as long as it sees nobody else write and of about 7 ms beside
    /// somebody who does, and after each leaves the write lock free for longer than SQLite's busy timeout sleeps between two
    /// tries after such a wait, so that whoever has waited gets it. Beside somebody who writes a pause lasts for `pause` at
    /// least; with a `pause` of zero there is none, and steps visit up to `max_owners_per_step` owners.
    ///
    /// What keeps nobody from writing is a part of a pause: what the next step is to read, as far as the last one tells, and
    /// SQLite's checkpoint. A commit that takes much longer than those before it makes others wait longer.
    ///
    /// Otherwise a step is smaller where that many owners would take longer than the stretch. What is written in one
    /// stretch is written without a pause, and so is all where nobody else can write: in memory, in a temporary file, with
    /// `locking_mode` EXCLUSIVE. Somebody is seen by a commit since the last step, or by holding the lock, and is
    /// expected to come again until 16 steps have seen nobody. A host whose connections wait in another way than SQLite's
    /// busy timeout, with a busy handler of its own, may wait longer. An interrupt ends a pause too.
    ///
    /// After each step, `progress` is told how far the backfill is. Until this returns, a statement that reads no
    /// table is running, so that an interrupt isn't forgotten between two steps.
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
        let conn = Interruptible::new(self.conn)?;
        run_in_steps(&conn, &mut self.round, max_owners_per_step, pause, |round| {
            if let Some(progress) = &mut progress {
                progress(round.progress());
            }
        })?;
        Ok(self.report())
    }

    /// Tells `f` each owner that is left out, as [`for_each_skipped_owner`](crate::for_each_skipped_owner) does, and names besides the markers
    /// that a CHECK, a trigger or the like refused in this backfill, which only the run can tell.
    ///
    /// Ten thousand of these are remembered, or 4 MiB of them; the report counts all.
    ///
    /// # Errors
    ///
    /// As [`for_each_skipped_owner`](crate::for_each_skipped_owner).
    ///
    /// # Example
    ///
    /// ```
    /// use facilitator_markers::{Backfill, Error, Progress, rusqlite::Connection};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = Connection::open_in_memory()?;
    /// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
    /// # conn.execute_batch(r#"
    /// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
    /// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f1', 'Pay', 'pay', 'xk9');
    /// #     CREATE TRIGGER nobody BEFORE INSERT ON reward_addresses BEGIN SELECT raise(ABORT, 'not today'); END;
    /// # "#)?;
    /// let mut backfill = Backfill::new(&conn)?;
    /// let mut reasons = Vec::new();
    /// match backfill.run_to_completion(500, Duration::ZERO, None::<fn(Progress)>) {
    ///     Err(Error::MarkerRefused { .. }) => {
    ///         backfill.for_each_skipped_owner(|owner| reasons.push(owner.to_string()))?;
    ///     }
    ///     other => println!("{} markers created", other?.created),
    /// }
    /// assert!(reasons[0].starts_with("for user \"Xk9\", a trigger of the host's turned the row away: not today"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_each_skipped_owner(&self, mut f: impl FnMut(SkippedOwner)) -> Result<(), Error> {
        skipped::list_skipped(self.conn, self.round.refused(), Addresses::new, |owner| {
            f(owner);
            Ok(())
        })
    }

    /// How far the backfill is.
    pub fn progress(&self) -> Progress {
        self.round.progress()
    }

    /// The counts so far; once the backfill is finished, of all owners.
    pub fn report(&self) -> BackfillReport {
        self.progress().report
    }
}
