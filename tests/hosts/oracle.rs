//! Asking a database whether it takes a marker, in the slow and plain way: one is inserted, and taken back.

use facilitator_markers::rusqlite::{self, Connection, params};

use crate::contents::Contents;
use crate::host::run;
use crate::model::{Value, marker_name};

/// Whether the database takes a marker of this user with this date, and nothing but that changes.
pub fn takes(conn: &Connection, user_id: &[u8], date: &str) -> bool {
    let autocommit = conn.is_autocommit();
    let before = Contents::read(conn).unwrap();
    let violations = violations(conn);
    conn.execute_batch("SAVEPOINT oracle").unwrap();
    let takes = insert(conn, user_id, date).is_ok()
        && Contents::read(conn).unwrap().since(&before, "reward_addresses") == Ok(1)
        && self::violations(conn) == violations;
    if !autocommit || !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK TO oracle; RELEASE oracle").unwrap();
    }
    takes
}

fn insert(conn: &Connection, user_id: &[u8], date: &str) -> rusqlite::Result<()> {
    let name = Value::text(marker_name(user_id));
    let sql = "INSERT INTO main.reward_addresses
                   (id, user_id, chain_type, address, verification_status, verified_at, created_at)
               VALUES (?1, ?2, 'facilitator', ?1, 'verified', '2026-02-02 02:02:02', ?3)";
    run(conn, sql, params![name, Value::text(user_id), date])
}

/// How many rows of `reward_addresses` lead nowhere, where that matters.
fn violations(conn: &Connection) -> Option<i64> {
    let enforced: bool = conn.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap();
    let count = "SELECT count(*) FROM pragma_foreign_key_check('reward_addresses', 'main')";
    // A key that can't lead anywhere is refused when the row is inserted.
    enforced.then(|| conn.query_row(count, [], |row| row.get(0)).unwrap_or(-1))
}
