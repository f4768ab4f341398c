//! One state of the database for several reads.

use rusqlite::Connection;

use crate::error::{During, Error};
use crate::savepoint::noting_lost_transaction;
use crate::statement::prepare;

/// Does `work`, all reads of which come from one state of the database, in autocommit mode too.
///
/// Meanwhile a statement stays open, since SQLite ends a read transaction only with the last statement that
/// reads. Unlike `BEGIN`, this can't fail to be ended, and may stand inside a statement of the host's. It
/// also spares each read of `work` the locks of a transaction of its own. It takes no write lock.
///
/// See <https://sqlite.org/lang_transaction.html>.
pub(crate) fn reading<T>(conn: &Connection, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    const DOING: &str = "beginning to read";
    noting_lost_transaction(conn, || {
        let mut open = prepare(conn, "SELECT 1 FROM main.sqlite_schema").during(conn, DOING)?;
        let mut rows = open.query([]).during(conn, DOING)?;
        // A database without a table gives no row, and has no state to hold.
        rows.next().during(conn, DOING)?;
        work()
    })
}
