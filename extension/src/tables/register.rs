//! Registering the table-valued functions with a connection.

use std::ffi::CStr;
use std::ptr;

use rusqlite::ffi;

use super::module::MODULE;
use super::{TABLES, Table};
use crate::failure::Failure;

/// Registers all of them.
///
/// # Safety
///
/// The function table has been adopted, and `db` is an open connection of that SQLite.
pub(crate) unsafe fn register(db: *mut ffi::sqlite3) -> Result<(), Failure> {
    for table in &TABLES {
        let data = ptr::from_ref::<Table>(table).cast_mut().cast();
        // SAFETY: the caller's promise; module and data are there for good, and `MODULE`'s functions take the data for what
        // it is, and never write to it.
        let code = unsafe { ffi::sqlite3_create_module_v2(db, table.name.as_ptr(), &MODULE, data, None) };
        if code != ffi::SQLITE_OK {
            // SAFETY: the caller's promise; the message is copied before the connection is used again.
            let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(db)) }.to_string_lossy().into_owned();
            return Err(Failure { code, ..Failure::refused(message) });
        }
    }
    Ok(())
}
