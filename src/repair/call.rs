//! `repair_facilitator_markers`.

use rusqlite::Connection;

use super::change::Change;
use super::round::{RepairRound, Telling};
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::report::RepairReport;
use crate::savepoint::{Work, writing};
use crate::step::budget::OWNERS_AT_ONCE;
use crate::step::run::{PAUSE, run, run_in_steps};

/// Mends the markers that are wrong, as far as nobody has to guess: the findings
/// [`audit_facilitator_markers`](crate::audit_facilitator_markers) calls `dated_late`, `date_form` and `not_verified`.
///
/// A marker never becomes later than it was. One whose user has a facilitator that is ambiguous, or whose date can't be
/// read, is left alone, and so are duplicates and orphans: deleting is for the host. A second repair finds nothing to do.
///
/// `f` is told each change right before it is committed, so that a log that `f` writes has all that was committed. It may
/// also have what was not, where the commit failed or the process died: [`Change::undo`] then changes nothing. `f` must
/// not use the connection, and others wait for it.
///
/// Each row is looked up again before it is changed, in the transaction that changes it, unless nobody has written to the
/// database since it was read; and it is changed in one statement that names the old values, so that what somebody changed
/// meanwhile is left alone.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers. [`Error::RepairRefused`] after all other markers have been mended,
/// and with the report.
///
/// # The connection
///
/// In autocommit mode it commits as it goes, in the steps and at the pace of
/// [`Backfill::run_to_completion`](crate::Backfill::run_to_completion): an error undoes the step that failed, and calling
/// again does the rest. Inside a transaction of the host's, the work becomes part of that transaction, and an error undoes
/// all of this call's work and nothing else; only [`Error::RepairRefused`] leaves the other changes there. Where nothing is
/// to be mended it only reads.
///
/// # Example
///
/// ```
/// use facilitator_markers::{repair_facilitator_markers, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
/// #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21 10:00:00');
/// #     INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
/// #     VALUES ('m1', 'Xk9', 'facilitator', 'FACILITATOR_OWNER:Xk9', 'verified', '2026-03-01 00:00:00');
/// # "#)?;
/// let mut changes = Vec::new();
/// let report = repair_facilitator_markers(&conn, |change| changes.push(change))?;
/// assert_eq!(report.repaired, 1);
/// let created_at = changes[0].created_at.as_ref().unwrap();
/// assert_eq!((created_at.old.as_str(), created_at.new.as_str()), ("'2026-03-01 00:00:00'", "'2026-01-21 10:00:00'"));
/// assert_eq!(conn.execute(&changes[0].undo, [])?, 1);
/// # Ok(())
/// # }
/// ```
pub fn repair_facilitator_markers(
    conn: &Connection,
    mut f: impl FnMut(Change),
) -> Result<RepairReport, Error> {
    try_repair_facilitator_markers(conn, |change| {
        f(change);
        Ok(())
    })
}

/// As [`repair_facilitator_markers`], until `f` fails: then with its error, as after any other.
///
/// # Errors
///
/// As [`repair_facilitator_markers`], and that of `f`.
pub fn try_repair_facilitator_markers(
    conn: &Connection,
    f: impl FnMut(Change) -> Result<(), Error>,
) -> Result<RepairReport, Error> {
    let conn = Interruptible::new(conn)?;
    if conn.is_autocommit() {
        let mut round = RepairRound::new(&conn, true)?;
        let mut telling = Telling { round: &mut round, tell: f };
        run_in_steps(&conn, &mut telling, OWNERS_AT_ONCE, PAUSE, |_| ())?;
        return Ok(round.progress().report);
    }
    let done = writing(&conn, || {
        let mut round = RepairRound::new(&conn, false)?;
        match run(&conn, &mut Telling { round: &mut round, tell: f }) {
            Ok(()) => Ok(Done(Ok(round.progress().report))),
            Err(refused @ Error::RepairRefused { .. }) => Ok(Done(Err(refused))),
            Err(error) => Err(error),
        }
    })?;
    done.0
}

/// How a whole repair ended. A refused change is no reason to undo the others.
struct Done(Result<RepairReport, Error>);

impl Work for Done {
    fn is_to_be_kept(&self) -> bool {
        true
    }
}
