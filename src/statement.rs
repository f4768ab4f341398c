//! Preparing statements, of which a host's authorizer may make nothing.

use rusqlite::{Connection, OptionalExtension, Row, Statement, ffi};

/// Prepares a statement that gives rows.
///
/// An authorizer can answer `SQLITE_IGNORE`: SQLite then prepares, without an error, a statement that does
/// nothing. It has no columns either. See <https://sqlite.org/c3ref/set_authorizer.html>.
pub(crate) fn prepare<'c>(conn: &'c Connection, sql: &str) -> rusqlite::Result<Statement<'c>> {
    let statement = conn.prepare(sql)?;
    require_not_ignored(&statement)?;
    Ok(statement)
}

/// Fails if the statement is one that does nothing. To be asked again once it has run without giving a row: SQLite prepares
/// a statement anew where what was bound to it, or the schema, calls for another plan, and asks the authorizer again.
pub(crate) fn require_not_ignored(statement: &Statement<'_>) -> rusqlite::Result<()> {
    if statement.column_count() == 0 { Err(ignored("a statement that reads")) } else { Ok(()) }
}

/// Prepares a statement that writes.
pub(crate) fn prepare_write<'c>(conn: &'c Connection, sql: &str) -> rusqlite::Result<Statement<'c>> {
    let statement = conn.prepare(sql)?;
    if statement.readonly() { Err(ignored("a statement that writes")) } else { Ok(statement) }
}

/// The first row of what a statement without parameters gives; `None` if it gives none.
pub(crate) fn first_row<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    prepare(conn, sql)?.query_row([], read).optional()
}

/// The error for a column that can't be NULL, and that the host's authorizer has SQLite read as NULL. A damaged file can
/// look the same.
pub(crate) fn hidden(column: &str) -> rusqlite::Error {
    let message = format!(
        "{column} can't be NULL and is in every row, because the authorizer answers SQLITE_IGNORE or the file is damaged"
    );
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), Some(message))
}

/// The error for what the host's authorizer has SQLite ignore.
pub(crate) fn ignored(what: &str) -> rusqlite::Error {
    let message = format!("the authorizer answered SQLITE_IGNORE to {what}");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), Some(message))
}
