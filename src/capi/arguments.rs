//! What a C caller passes: connections, text and places for results.

use std::ffi::{CStr, c_char};
use std::ptr;

use rusqlite::Connection;
use rusqlite::ffi::sqlite3;

use super::gate::Failure;
use crate::error::Error;

/// Where a result goes. NULL, if the caller doesn't want it.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    ///
    /// `place` is NULL, or can be written to for as long as this exists.
    pub(super) unsafe fn new(place: *mut T) -> Self {
        Out(place)
    }

    pub(super) fn is_unwanted(&self) -> bool {
        self.0.is_null()
    }

    pub(super) fn put(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: `new` was promised that this place can be written to.
            unsafe { self.0.write(value) }
        }
    }
}

/// A place for a pointer, which is NULL unless the call succeeds.
pub(super) trait OutPointer {
    fn clear(&self);
}

impl<T> OutPointer for Out<*mut T> {
    fn clear(&self) {
        self.put(ptr::null_mut());
    }
}

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
