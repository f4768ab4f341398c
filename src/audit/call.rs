//! `audit_facilitator_markers`.

use rusqlite::Connection;

use super::finding::Finding;
use super::report::AuditReport;
use super::round::AuditRound;
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::memory::OutOfMemory;

/// Tells `f` everything that is wrong with the markers that are there. Writes nothing, and works on a read-only
/// connection.
///
/// | finding | what is wrong | what mends it |
/// |---|---|---|
/// | `dated_late` | dated after the enrollment date: earlier volume is lost | a repair dates it with the enrollment date |
/// | `date_form` | `created_at` isn't `YYYY-MM-DD HH:MM:SS`, so that the host compares it wrongly | a repair writes the same instant in that form, or the enrollment date if that is earlier or the date can't be read |
/// | `not_verified` | `verification_status` isn't `verified`: the host counts nothing | a repair sets it, and `verified_at` where that is NULL |
/// | `duplicate` | a further marker of the same user: hosts that sum over markers count twice | a statement for the host to decide on |
/// | `orphan` | `user_id` names no user | likewise |
/// | `not_an_owner` | no facilitator is the user's | nothing |
/// | `dated_early` | dated before the first facilitator, which an import may have meant | nothing |
///
/// The enrollment date is known, as for [`ensure_facilitator_marker`](crate::ensure_facilitator_marker), if every
/// facilitator of the user has a date that can be read and none could be another user's. A marker whose user has another
/// kind of facilitator is never repaired. Of an orphan and a duplicate nothing else is told.
///
/// Each table is read as often as by a [`Backfill`](crate::Backfill), and memory stays within its bound, however many
/// findings there are. They come in no particular order.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers; `f` may have been told of some findings by then.
///
/// # The connection
///
/// While `f` runs, no lock is held and no state of the database, so `f` may use the connection and may take its
/// time; only VACUUM is refused, because a statement that reads no table runs, lest an interrupt be forgotten. In
/// exchange, what is changed meanwhile may or may not be told.
///
/// # Example
///
/// ```
/// use facilitator_markers::{audit_facilitator_markers, rusqlite::Connection};
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
/// let mut findings = Vec::new();
/// let report = audit_facilitator_markers(&conn, |finding| findings.push(finding))?;
/// assert_eq!((report.markers, report.dated_late), (1, 1));
/// assert_eq!(findings[0].name(), "dated_late");
/// println!("{}", findings[0]);
/// # Ok(())
/// # }
/// ```
pub fn audit_facilitator_markers(
    conn: &Connection,
    mut f: impl FnMut(Finding),
) -> Result<AuditReport, Error> {
    try_audit_facilitator_markers(conn, |finding| {
        f(finding);
        Ok(())
    })
}

/// As [`audit_facilitator_markers`], until `f` fails: then with its error.
pub(crate) fn try_audit_facilitator_markers(
    conn: &Connection,
    f: impl FnMut(Finding) -> Result<(), Error>,
) -> Result<AuditReport, Error> {
    let conn = Interruptible::new(conn)?;
    audit(&conn, Addresses::new, f)
}

/// As [`try_audit_facilitator_markers`], with room for so many addresses as these have.
pub(super) fn audit(
    conn: &Interruptible<'_>,
    addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    mut f: impl FnMut(Finding) -> Result<(), Error>,
) -> Result<AuditReport, Error> {
    let mut round = AuditRound::with_addresses(conn, addresses)?;
    while let Some(finding) = round.next(conn)? {
        f(finding)?;
    }
    Ok(round.report())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hundred owners of markers that are right, late or nobody's, by turns.
    fn host() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = OFF;
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
             SELECT i, 'User' || i, 'facilitator', 'FACILITATOR_OWNER:User' || i, 'verified',
                    '2025-0' || (1 + i % 2) || '-01 00:00:00' FROM n;
             INSERT INTO \"user\"(id, name, email) SELECT user_id, 'Somebody', id FROM reward_addresses WHERE id % 5 > 0;
             INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
             SELECT id, 'Pay', id, lower(user_id), '2025-01-01 00:00:00' FROM reward_addresses WHERE id % 7 > 0;",
        )
        .unwrap();
        conn
    }

    #[test]
    fn markers_are_told_once_in_however_many_parts_the_facilitators_are_held() {
        let conn = host();
        let told = |capacity| {
            let mut told = Vec::new();
            let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
            let report = audit(&Interruptible::new(&conn).unwrap(), addresses, |finding| {
                told.push(finding.to_string());
                Ok(())
            });
            told.sort();
            (told, report.unwrap())
        };
        let (all, report) = told(1_000);
        assert_eq!((report.markers, report.orphan), (200, 40));
        assert!(report.dated_late > 50 && report.not_an_owner > 20, "{report:?}");
        for capacity in [10, 50] {
            assert_eq!(told(capacity), (all.clone(), report), "{capacity}");
        }
    }
}
