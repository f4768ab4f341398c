//! `fm_version` and `fm_check_sqlite`.

use std::ffi::CStr;

use libc::{c_char, c_int};

use rusqlite::ffi::{SQLITE_OK, sqlite3_libversion};

use super::failure::Failure;
use super::gate::gate;
use super::out::Out;

/// The library's version, such as "0.1.0". Constant; not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn fm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Whether the program and the library run on the same copy of SQLite. Call it once before any other
/// function, as fm_check_sqlite(sqlite3_libversion(), &errmsg): the address of that text tells one copy from
/// another, also where both have the same version.
///
/// With two copies in one process (a program with a SQLite of its own, and this library linked to the
/// system's) it fails with SQLITE_ERROR. Then call no other function: a connection of one copy passed to the
/// other crashes, and the same file opened by both loses its locks. And keep that one message instead of
/// freeing it: it comes from the library's copy, whose memory the program's sqlite3_free() can't take back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_check_sqlite(host_libversion: *const c_char, errmsg: *mut *mut c_char) -> c_int {
    // SAFETY: the header asks for an out-parameter that is NULL or can be written to.
    gate(unsafe { Out::new(errmsg) }, None, || {
        if host_libversion.is_null() {
            return Err(Failure::misuse("host_libversion is NULL: pass sqlite3_libversion()"));
        }
        // SAFETY: the function only returns a constant.
        let own_libversion = unsafe { sqlite3_libversion() };
        if host_libversion == own_libversion {
            return Ok(SQLITE_OK);
        }
        // SAFETY: SQLite's version is a C string, and the header asks for one from the host.
        let [host, own] = [host_libversion, own_libversion].map(|version| unsafe { CStr::from_ptr(version) });
        Err(Failure::error(format!(
            "the program runs on one copy of SQLite ({}) and facilitator-markers on another ({}): link both with the same \
             one, or load the SQLite extension instead of this library",
            host.to_string_lossy(),
            own.to_string_lossy(),
        )))
    })
}
