//! `SELECT ensure_facilitator_marker(user_id)`, on each connection that is opened in this process, whoever opens it.

use std::ffi::{c_char, c_int};

use facilitator_markers::rusqlite::auto_extension::{init_auto_extension, register_auto_extension};
use facilitator_markers::rusqlite::functions::{Context, FunctionFlags};
use facilitator_markers::rusqlite::{Connection, Error, Result, ffi};

/// Registers the function on each connection that is opened from now on. Call it once, before the first one.
///
/// # Errors
///
/// If there is no memory.
pub fn register() -> Result<()> {
    // SAFETY: `on_open` neither opens nor closes a connection, and registers no other extension.
    unsafe { register_auto_extension(on_open) }
}

unsafe extern "C" fn on_open(
    db: *mut ffi::sqlite3,
    errmsg: *mut *mut c_char,
    _: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite gives the connection that it is opening, and a place for a message.
    unsafe { init_auto_extension(db, errmsg, register_on) }
}

fn register_on(conn: Connection) -> Result<()> {
    // It writes, so no view and no trigger of a file that somebody else has made may call it.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    conn.create_scalar_function("ensure_facilitator_marker", 1, flags, ensure)
}

/// The name of the outcome. Within a transaction it joins it.
fn ensure(context: &Context<'_>) -> Result<&'static str> {
    let user_id: String = context.get(0)?;
    // SAFETY: it is used by this call only, on the thread that makes it, and the connection is open as long.
    let conn = unsafe { context.get_connection() }?;
    let enrollment = facilitator_markers::ensure_facilitator_marker(&conn, &user_id)
        .map_err(|error| Error::UserFunctionError(error.into()))?;
    Ok(enrollment.name())
}
