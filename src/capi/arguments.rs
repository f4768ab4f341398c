//! What a C caller passes: connections and text.

use std::ffi::CStr;

use libc::c_char;

use rusqlite::Connection;
use rusqlite::ffi::sqlite3;

use super::failure::Failure;
use crate::error::Error;

/// The text of an argument, which messages call `name`.
///
/// # Safety
///
/// `text` is NULL or a C string, which stays as it is while the result is used.
pub(super) unsafe fn text<'a>(text: *const c_char, name: &'static str) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(Failure::misuse(format!("{name} is NULL: pass text that ends with a NUL byte")));
    }
    // SAFETY: the caller promises a C string.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|error| {
        let valid = error.valid_up_to();
        Failure::misuse(format!("{name} isn't UTF-8 from byte {valid} on: pass the text as SQLite holds it"))
    })
}

/// Lends the core a connection for the time of one call. Its statements are finalised when this returns.
///
/// # Safety
///
/// `db` is NULL or an open connection, which no other thread uses meanwhile.
pub(super) unsafe fn lend<T>(
    db: *mut sqlite3,
    work: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Failure> {
    if db.is_null() {
        return Err(Failure::misuse("db is NULL: pass an open connection"));
    }
    // SAFETY: the caller promises an open connection; rusqlite only wraps the pointer, and doesn't close it.
    let conn = unsafe { Connection::from_handle(db) }.map_err(|source| Error::Sqlite {
        doing: "borrowing the connection",
        code: rusqlite::ffi::SQLITE_ERROR,
        source,
    })?;
    Ok(work(&conn)?)
}
