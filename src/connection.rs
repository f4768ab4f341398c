//! What is asked of the borrowed connection, beside statements.
//!
//! All that is `unsafe` in the core is here.

use std::ffi::{c_int, c_uint};
use std::ptr::{self, from_mut};

use rusqlite::{Connection, Row, ffi};

use crate::encoding::{Encoding, Noncharacters};
use crate::statement::{first_row, prepare};

/// The number of SQLite's file control that tells whether a database has changed, whoever changed it. It is
/// younger than the oldest bindings, so it has no name there. See <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html>.
const FCNTL_DATA_VERSION: c_int = 35;

/// A number that changes with every commit to `main`, of this connection or another. The latter are
/// seen from the moment at which this connection reads.
///
/// Two equal numbers prove that nothing was committed between the moments at which they were asked for, as far as this
/// connection sees commits. They don't tell what was read in between, unless both were asked for within the read
/// transaction that reads: with a shared cache, another connection's commit counts at once, so that a number asked for
/// after a read, or after a commit of one's own, may already count a commit that wasn't read. A commit of one's own
/// makes the number the next one. What is written and not committed doesn't change it.
///
/// `None` where SQLite can't say, and where this connection reads what others haven't committed.
pub(crate) fn data_version(conn: &Connection) -> Option<u32> {
    if reads_uncommitted(conn) {
        return None;
    }
    let mut version: c_uint = 0;
    // SAFETY: the handle is open as long as `conn` is borrowed, the name ends with a NUL, and for this file
    // control SQLite writes one unsigned int to the pointer and keeps neither.
    let code = unsafe {
        ffi::sqlite3_file_control(
            conn.handle(),
            c"main".as_ptr(),
            FCNTL_DATA_VERSION,
            from_mut(&mut version).cast(),
        )
    };
    (code == ffi::SQLITE_OK).then_some(version)
}

/// A number that changes with every change of the schema of `main`, and with every VACUUM, which gives rows other
/// rowids. See <https://sqlite.org/pragma.html#pragma_schema_version>.
pub(crate) fn schema_version(conn: &Connection) -> rusqlite::Result<i64> {
    Ok(first_row(conn, "PRAGMA main.schema_version", |row| row.get(0))?.unwrap_or(0))
}

/// Whether this connection reads what others in its shared cache haven't committed, and may undo. Also true
/// where SQLite can't say.
pub(crate) fn reads_uncommitted(conn: &Connection) -> bool {
    conn.query_row("PRAGMA read_uncommitted", [], |row| row.get(0)).unwrap_or(true)
}

/// Whether a foreign key of the open transaction leads nowhere, so that a commit would fail.
/// See <https://sqlite.org/c3ref/c_dbstatus_options.html>.
pub(crate) fn has_unresolved_foreign_keys(conn: &Connection) -> bool {
    let (mut unresolved, mut highest): (c_int, c_int) = (0, 0);
    // SAFETY: the handle is open as long as `conn` is borrowed, and SQLite writes one int to each pointer and
    // keeps neither.
    let code = unsafe {
        ffi::sqlite3_db_status(
            conn.handle(),
            ffi::SQLITE_DBSTATUS_DEFERRED_FKS,
            from_mut(&mut unresolved),
            from_mut(&mut highest),
            0,
        )
    };
    code == ffi::SQLITE_OK && unresolved != 0
}

/// Whether a statement is running on this connection.
pub(crate) fn is_running_a_statement(conn: &Connection) -> bool {
    let mut statement = ptr::null_mut();
    loop {
        // SAFETY: the handle is open as long as `conn` is borrowed, and the statement is one of its own: the one
        // that this gave before, since nothing else uses the connection meanwhile.
        statement = unsafe { ffi::sqlite3_next_stmt(conn.handle(), statement) };
        if statement.is_null() {
            return false;
        }
        // SAFETY: as above.
        if unsafe { ffi::sqlite3_stmt_busy(statement) } != 0 {
            return true;
        }
    }
}

/// How many rows this connection has written since it was opened, those of triggers and cascades included.
pub(crate) fn rows_written(conn: &Connection) -> c_int {
    // SAFETY: the handle is only read, and is open as long as `conn` is borrowed.
    unsafe { ffi::sqlite3_total_changes(conn.handle()) }
}

/// How `main` stores text.
pub(crate) fn encoding(conn: &Connection) -> rusqlite::Result<Encoding> {
    let name = first_row(conn, "PRAGMA main.encoding", |row| row.get::<_, String>(0))?;
    Ok(match name.as_deref() {
        Some("UTF-16le") => Encoding::Utf16Le(noncharacters(conn)?),
        Some("UTF-16be") => Encoding::Utf16Be(noncharacters(conn)?),
        _ => Encoding::Utf8,
    })
}

fn noncharacters(conn: &Connection) -> rusqlite::Result<Noncharacters> {
    let mut statement = prepare(conn, "SELECT CAST(?1 AS BLOB)")?;
    let is_kept = |row: &Row<'_>| Ok(matches!(row.get_ref(0)?.as_blob()?, [0xfe, 0xff] | [0xff, 0xfe]));
    let is_kept = statement.query_row(["\u{fffe}"], is_kept)?;
    Ok(if is_kept { Noncharacters::Kept } else { Noncharacters::Replaced })
}

/// The SQLite that runs, if it is older than the library needs.
pub(crate) fn too_old_sqlite() -> Option<&'static str> {
    (rusqlite::version_number() < 3_040_000).then(rusqlite::version)
}

/// `reported`, or the extended code behind it where the connection reports primary codes only, as a raw
/// handle does unless its host turned extended codes on.
pub(crate) fn extended_code(conn: &Connection, reported: c_int) -> c_int {
    // SAFETY: the handle is only read, and `conn` keeps it open meanwhile; the crate's callers promise not to
    // use a connection from two threads at once, which `Connection: !Sync` holds them to.
    let last = unsafe { ffi::sqlite3_extended_errcode(conn.handle()) };
    if last & 0xff == reported { last } else { reported }
}
