//! What is asked of the borrowed connection, beside statements.
//!
//! All that is `unsafe` in the core is here.

use std::ffi::{CStr, c_int, c_uint};
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

/// Whether another connection can write to `main` while this one is between two transactions. Not if `main` is in memory
/// or a temporary file and no other connection shares its cache, nor once this one has locked the file for itself, which
/// it has done by writing where `locking_mode` is EXCLUSIVE; and not within a transaction of the host's that writes.
///
/// See <https://sqlite.org/inmemorydb.html> and <https://sqlite.org/pragma.html#pragma_locking_mode>.
pub(crate) fn others_can_write(conn: &Connection) -> bool {
    let is_alone = if conn.path().is_none_or(str::is_empty) {
        !shares_its_cache(conn) && !is_on_memdb(conn)
    } else {
        let mode = conn.query_row("PRAGMA main.locking_mode", [], |row| row.get::<_, String>(0));
        mode.is_ok_and(|mode| mode.eq_ignore_ascii_case("exclusive"))
    };
    conn.is_autocommit() && !is_alone
}

/// Whether another connection has the same page cache, which then counts for a part only.
/// See <https://sqlite.org/c3ref/c_dbstatus_options.html>.
fn shares_its_cache(conn: &Connection) -> bool {
    db_status(conn, ffi::SQLITE_DBSTATUS_CACHE_USED)
        .zip(db_status(conn, ffi::SQLITE_DBSTATUS_CACHE_USED_SHARED))
        .is_none_or(|(whole, part)| whole != part)
}

/// Whether `main` is a file of the VFS that keeps files in memory, where several connections can open one.
fn is_on_memdb(conn: &Connection) -> bool {
    let mut vfs: *mut ffi::sqlite3_vfs = ptr::null_mut();
    // SAFETY: the handle is open as long as `conn` is borrowed, the name ends with a NUL, and for this file control SQLite
    // writes one pointer to a VFS, whose name ends with a NUL and which outlives the connections that use it.
    unsafe {
        let code = ffi::sqlite3_file_control(
            conn.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_VFS_POINTER,
            from_mut(&mut vfs).cast(),
        );
        code != ffi::SQLITE_OK || vfs.is_null() || CStr::from_ptr((*vfs).zName) == c"memdb"
    }
}

/// Whether a foreign key of the open transaction leads nowhere, so that a commit would fail.
/// See <https://sqlite.org/c3ref/c_dbstatus_options.html>.
pub(crate) fn has_unresolved_foreign_keys(conn: &Connection) -> bool {
    db_status(conn, ffi::SQLITE_DBSTATUS_DEFERRED_FKS).is_some_and(|unresolved| unresolved != 0)
}

fn db_status(conn: &Connection, what: c_int) -> Option<c_int> {
    let (mut current, mut highest): (c_int, c_int) = (0, 0);
    // SAFETY: the handle is open as long as `conn` is borrowed, and SQLite writes one int to each pointer and
    // keeps neither.
    let code = unsafe {
        ffi::sqlite3_db_status(conn.handle(), what, from_mut(&mut current), from_mut(&mut highest), 0)
    };
    (code == ffi::SQLITE_OK).then_some(current)
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

#[cfg(test)]
mod tests {
    use rusqlite::OpenFlags;

    use super::*;

    fn open(uri: &str) -> Connection {
        let conn =
            Connection::open_with_flags(uri, OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI).unwrap();
        conn.execute_batch("CREATE TABLE IF NOT EXISTS user(id)").unwrap();
        conn
    }

    #[test]
    fn nobody_else_can_write_to_what_only_this_connection_has() {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("file:{}", folder.path().join("host.db").display());
        for alone in [":memory:", ""] {
            assert!(!others_can_write(&open(alone)), "{alone}");
        }
        for shared in [uri.as_str(), "file:pace?mode=memory&cache=shared", "file:/pace?vfs=memdb"] {
            let (conn, other) = (open(shared), open(shared));
            assert!(others_can_write(&conn), "{shared}");
            other.execute_batch("INSERT INTO user VALUES (1)").unwrap();
        }
        let only = open("file:only?mode=memory&cache=shared");
        assert!(!others_can_write(&only), "nobody else has opened it yet");
    }

    #[test]
    fn nobody_else_can_write_while_the_file_is_locked_or_the_hosts_transaction_goes_on() {
        for journal_mode in ["DELETE", "WAL"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("host.db");
            let conn = open(path.to_str().unwrap());
            conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}")).unwrap();
            assert!(others_can_write(&conn));
            conn.execute_batch("BEGIN").unwrap();
            assert!(!others_can_write(&conn));
            conn.execute_batch("COMMIT; PRAGMA locking_mode = EXCLUSIVE; INSERT INTO user VALUES (1)")
                .unwrap();
            assert!(!others_can_write(&conn));
            let other = Connection::open(&path).unwrap();
            other.busy_timeout(std::time::Duration::ZERO).unwrap();
            assert!(other.execute_batch("INSERT INTO user VALUES (2)").is_err(), "{journal_mode}");
        }
    }
}
