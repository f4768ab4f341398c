//! The entry points, of which SQLite calls one when a host loads the extension.

use std::ffi::{c_char, c_int};

use rusqlite::ffi::{self, sqlite3, sqlite3_api_routines};

use crate::{engine, functions, gate, message, routines, tables};

/// The name that SQLite looks for first, whatever the file is called: bundlers put a hash into file names.
///
/// # Safety
///
/// As for [`load`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_extension_init(
    db: *mut sqlite3,
    place: *mut *mut c_char,
    api: *mut sqlite3_api_routines,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { load(db, place, api) }
}

/// The name that SQLite makes of the file name `facilitator_markers.so`, for hosts that ask for it.
///
/// # Safety
///
/// As for [`load`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_facilitatormarkers_init(
    db: *mut sqlite3,
    place: *mut *mut c_char,
    api: *mut sqlite3_api_routines,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { load(db, place, api) }
}

/// Checks the host's function table and the connection, and registers the functions and the table-valued functions.
///
/// # Safety
///
/// As SQLite calls an entry point: an open connection, NULL or a pointer for the message, and NULL or the function table
/// of the SQLite that the connection belongs to.
unsafe fn load(db: *mut sqlite3, place: *mut *mut c_char, api: *mut sqlite3_api_routines) -> c_int {
    if api.is_null() {
        return ffi::SQLITE_ERROR;
    }
    let loaded = gate::guarded(|| {
        // SAFETY: the table is that of the SQLite that calls.
        unsafe { routines::adopt(api) }?;
        // SAFETY: the table has been adopted, and the connection belongs to it.
        unsafe {
            engine::refuse_replicated(db)?;
            functions::register(db)?;
            if routines::has_virtual_tables() { tables::register(db) } else { Ok(()) }
        }
    });
    match loaded {
        Ok(()) => ffi::SQLITE_OK,
        Err(failure) => {
            // SAFETY: as above.
            unsafe { say(place, api, &failure.message) };
            failure.code
        }
    }
}

/// Hands `text` to the host, in memory that the host frees. The host's table may be the one that was refused, so no more
/// of it is used than this takes.
///
/// # Safety
///
/// As for [`load`], and the table isn't NULL.
unsafe fn say(place: *mut *mut c_char, api: *const sqlite3_api_routines, text: &str) {
    // SAFETY: every SQLite's table has this slot; the caller's promise.
    let Some(allocate) = (unsafe { (*api).malloc }) else { return };
    // SAFETY: SQLite's own allocator, and the caller's promise.
    unsafe { message::put(place, |size| allocate(size), text) };
}
