//! `preview_facilitator_markers`.

use rusqlite::Connection;

use super::call::run;
use super::round::{Mode, Round};
use crate::error::Error;
use crate::report::BackfillReport;
use crate::snapshot::reading;

/// What a backfill would do now. Writes nothing, takes no write lock, and works on a read-only connection.
///
/// All of it is read from one state of the database. What it can't foresee is a CHECK constraint that rejects
/// markers, and what the host's triggers do.
///
/// # Errors
///
/// As [`backfill_facilitator_markers`](crate::backfill_facilitator_markers): [`Error::MissingSchema`] where a
/// backfill would fail so, [`Error::MarkerRefused`], with the report, where other rows are in the place of
/// markers, and whatever SQLite answers.
///
/// # The connection
///
/// No transaction is begun. In autocommit mode the one state of the database is held until the call returns,
/// as by a long query.
///
/// # Example
///
/// ```
/// use facilitator_markers::{preview_facilitator_markers, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f1', 'Pay', 'pay', 'xk9');
/// # "#)?;
/// let report = preview_facilitator_markers(&conn)?;
/// assert_eq!(report.created, 1);
/// # let markers: i64 = conn.query_row("SELECT count(*) FROM reward_addresses", [], |row| row.get(0))?;
/// # assert_eq!(markers, 0);
/// # Ok(())
/// # }
/// ```
pub fn preview_facilitator_markers(conn: &Connection) -> Result<BackfillReport, Error> {
    reading(conn, || run(conn, Round::new(conn, Mode::Preview)?))?
}
