//! `backfill_facilitator_markers`.

use rusqlite::Connection;

use super::round::{Mode, Round};
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::report::BackfillReport;
use crate::savepoint::{Work, writing};
use crate::step::budget::OWNERS_AT_ONCE;
use crate::step::run::{self as step, PAUSE, run_in_steps};

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
        run_in_steps(&conn, &mut round, OWNERS_AT_ONCE, PAUSE, |_| ())?;
        return Ok(round.progress().report);
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

/// Runs a round to its end, without pauses. The inner error is [`Error::MarkerRefused`].
pub(super) fn run(
    conn: &Interruptible<'_>,
    round: &mut Round,
) -> Result<Result<BackfillReport, Error>, Error> {
    match step::run(conn, round) {
        Ok(()) => Ok(Ok(round.progress().report)),
        Err(refused @ Error::MarkerRefused { .. }) => Ok(Err(refused)),
        Err(error) => Err(error),
    }
}
