//! What to do about a failure that comes from being called within a statement.

use std::ptr;

use rusqlite::{Connection, ffi};

use crate::failure::Failure;

/// The failure, with what the caller has to know besides: the core doesn't know that it runs within a SQL function.
pub(crate) fn for_a_caller(conn: &Connection, mut failure: Failure) -> Failure {
    match failure.code & 0xff {
        ffi::SQLITE_BUSY if is_writing(conn) => failure.message.push_str(
            ". A statement that writes is running on this connection: finish it first, and call the function in a SELECT \
             of its own",
        ),
        // SQLite rolls back the transaction of a statement that reads tables and fails so.
        ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_NOMEM if !conn.is_autocommit() => failure.message.push_str(
            ". If the SELECT that called the function reads a table, SQLite rolls back the whole transaction now: begin it \
             again",
        ),
        _ => {}
    }
    failure
}

/// Whether a statement that writes is running on this connection.
fn is_writing(conn: &Connection) -> bool {
    let mut statement = ptr::null_mut();
    loop {
        // SAFETY: the connection is open and in use by this call only, and the statements are its own.
        statement = unsafe { ffi::sqlite3_next_stmt(conn.handle(), statement) };
        if statement.is_null() {
            return false;
        }
        // SAFETY: as above.
        if unsafe { ffi::sqlite3_stmt_busy(statement) != 0 && ffi::sqlite3_stmt_readonly(statement) == 0 } {
            return true;
        }
    }
}
