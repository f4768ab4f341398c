//! `backfill_facilitator_markers`, and how a backfill runs to its end in one call.

use std::time::Duration;

use rusqlite::Connection;

use super::budget::{Budget, OWNERS_AT_ONCE, OWNERS_PER_STEP};
use super::pace::Pace;
use super::progress::{Progress, StepResult};
use super::round::{Mode, Round};
use crate::connection::others_can_write;
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::report::BackfillReport;
use crate::savepoint::{Work, writing};

/// Writes the missing marker of every owner, dated with the earliest `created_at` among the owner's
/// facilitators.
///
/// Run it at every server start: where nothing is missing it only reads. It goes at the pace of
/// [`Backfill::run_to_completion`](crate::Backfill::run_to_completion), which leaves other connections time to write; a host
/// that must not keep its own thread takes the steps of a [`Backfill`](crate::Backfill) itself.
///
/// Where only an `owner_address` is known, nobody is enrolled by guessing. An address that could mean several
/// users, whose ids differ in case only, is counted as ambiguous, and a user to whom such a facilitator could
/// belong is left alone. [`for_each_skipped_owner`](crate::for_each_skipped_owner) lists who was left
/// unenrolled, and why.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers. [`Error::MarkerRefused`] after all other owners have been
/// visited, and with the report.
///
/// # The connection
///
/// In autocommit mode it commits as it goes: an error undoes the step that failed, what was committed before
/// stays, and calling again does the rest. So it does after an interrupt, which is answered at whatever moment it
/// comes. Inside a transaction of the host's, the work becomes part of that
/// transaction, and an error undoes all of this call's work and nothing else; only [`Error::MarkerRefused`]
/// leaves the other owners' markers there.
///
/// # Example
///
/// ```
/// use facilitator_markers::{backfill_facilitator_markers, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f1', 'Pay', 'pay', 'xk9');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f2', 'Old', 'old', 'gone');
/// # "#)?;
/// let report = backfill_facilitator_markers(&conn)?;
/// assert_eq!((report.owners, report.created, report.unknown_users), (1, 1, 1));
/// # Ok(())
/// # }
/// ```
pub fn backfill_facilitator_markers(conn: &Connection) -> Result<BackfillReport, Error> {
    let conn = Interruptible::new(conn)?;
    if conn.is_autocommit() {
        let mut round = Round::new(&conn, Mode::Steps)?;
        return run_in_steps(&conn, &mut round, OWNERS_AT_ONCE, PAUSE, None::<fn(Progress)>);
    }
    let done = writing(&conn, || {
        let mut round = Round::new(&conn, Mode::OneCall)?;
        run(&conn, &mut round).map(Done)
    })?;
    done.0
}

/// How a whole backfill ended. Refused markers are no reason to undo what was done for other owners.
struct Done(Result<BackfillReport, Error>);

impl Work for Done {
    fn is_to_be_kept(&self) -> bool {
        true
    }
}

/// The least pause of a call beside somebody who writes.
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// Runs a round to its end in autocommit mode, at a pace that leaves others time to write: see
/// [`Backfill::run_to_completion`](crate::Backfill::run_to_completion).
pub(super) fn run_in_steps(
    conn: &Interruptible<'_>,
    round: &mut Round,
    owners_per_step: u64,
    pause: Duration,
    mut progress: Option<impl FnMut(Progress)>,
) -> Result<BackfillReport, Error> {
    let mut pace = Pace::new(pause);
    loop {
        let owners = match round.progress().remaining {
            _ if round.looks_all_up_at_once() => OWNERS_AT_ONCE,
            remaining => pace.owners(remaining),
        };
        let result = round.step_of_call(conn, Budget::new(owners_per_step).with_owners(owners));
        if let Some(progress) = &mut progress {
            progress(round.progress());
        }
        if result? == StepResult::Done {
            return Ok(round.progress().report);
        }
        let window = round.wrote().and_then(|wrote| pace.window_after(wrote));
        if let Some(window) = window.filter(|_| round.is_writing() && others_can_write(conn)) {
            conn.sleep(window)?;
        }
    }
}

/// Runs a round to its end, without pauses. The inner error is [`Error::MarkerRefused`].
pub(super) fn run(
    conn: &Interruptible<'_>,
    round: &mut Round,
) -> Result<Result<BackfillReport, Error>, Error> {
    loop {
        match round.step_of_call(conn, Budget::new(OWNERS_AT_ONCE).with_owners(OWNERS_PER_STEP)) {
            Ok(StepResult::More) => {}
            Ok(StepResult::Done) => return Ok(Ok(round.progress().report)),
            Err(refused @ Error::MarkerRefused { .. }) => return Ok(Err(refused)),
            Err(error) => return Err(error),
        }
    }
}
