//! Registering the functions with a connection, and being called by it.

use std::ffi::{CStr, c_int, c_void};

use rusqlite::{Connection, ffi};

use super::{Function, all};
use crate::advice;
use crate::answer;
use crate::argument::Arguments;
use crate::failure::Failure;
use crate::gate::guarded;

/// For statements of the host's own only: neither a view nor a trigger can call them. Never `SQLITE_DETERMINISTIC`.
const FLAGS: c_int = ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY;

/// Registers all functions.
///
/// # Safety
///
/// The function table has been adopted, and `db` is an open connection of that SQLite.
pub(crate) unsafe fn register(db: *mut ffi::sqlite3) -> Result<(), Failure> {
    for function in all() {
        let (name, arguments) = (function.name.as_ptr(), function.arguments);
        let data = Box::into_raw(Box::new(function)).cast();
        // SAFETY: the caller's promise; the data is what `call` and `drop_function` take it for. SQLite drops it when the
        // connection closes, when another function takes the name, and at once if it can't register this one.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                db,
                name,
                arguments,
                FLAGS,
                data,
                Some(call),
                None,
                None,
                Some(drop_function),
            )
        };
        if code != ffi::SQLITE_OK {
            // SAFETY: the caller's promise; the message is copied before the connection is used again.
            let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(db)) }.to_string_lossy().into_owned();
            let message =
                format!("{message}; load it once for each connection, when the connection is opened");
            return Err(Failure { code, ..Failure::refused(message) });
        }
    }
    Ok(())
}

/// What SQLite calls when a statement calls one of the functions.
unsafe extern "C" fn call(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let answer = guarded(|| {
        // SAFETY: SQLite hands over what the function was registered with, and the values of this call. The connection
        // is in use by this call only, and stays open longer than that.
        let (function, arguments, conn) = unsafe {
            let function = &*ffi::sqlite3_user_data(context).cast::<Function>();
            let arguments = Arguments::new(function.name, count, values);
            (function, arguments, Connection::from_handle(ffi::sqlite3_context_db_handle(context)))
        };
        let conn = conn.map_err(|error| Failure { code: ffi::SQLITE_ERROR, message: error.to_string() })?;
        (function.run)(&conn, &arguments).map_err(|failure| advice::for_a_caller(&conn, failure))
    });
    // SAFETY: the context of this call.
    unsafe { answer::give(context, answer) };
}

/// What SQLite calls when it lets go of a function.
unsafe extern "C" fn drop_function(data: *mut c_void) {
    let _ = guarded(|| {
        // SAFETY: the box that `register` handed over; SQLite hands it back once.
        drop(unsafe { Box::from_raw(data.cast::<Function>()) });
        Ok(())
    });
}
