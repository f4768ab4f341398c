//! Two copies of SQLite in one process: this test's own, which is compiled in, and the library's, which is
//! the system's.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::{mem, ptr};

use facilitator_markers::rusqlite::ffi;

use super::build::library;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

const RTLD_NOW: c_int = 2;

#[test]
fn a_second_copy_of_sqlite_is_noticed() {
    let Some(release) = library() else { return };
    let shared = CString::new(release.join("libfacilitator_markers.so").to_str().unwrap()).unwrap();
    let mut errmsg = ptr::null_mut();
    // SAFETY: the functions have the types that the header gives them. The message is not freed, as the
    // header asks.
    let (code, message) = unsafe {
        let library = dlopen(shared.as_ptr(), RTLD_NOW);
        assert!(!library.is_null());
        type CheckSqlite = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> c_int;
        let check: CheckSqlite = mem::transmute(dlsym(library, c"fm_check_sqlite".as_ptr()));
        let code = check(ffi::sqlite3_libversion(), &raw mut errmsg);
        if uses_the_systems_sqlite() {
            assert_eq!(code, ffi::SQLITE_OK);
            return;
        }
        (code, CStr::from_ptr(errmsg).to_str().unwrap())
    };
    assert_eq!(code, ffi::SQLITE_ERROR);
    assert!(message.starts_with("the program runs on one copy of SQLite (3."), "{message}");
}

/// Whether this test was built without a SQLite of its own, as LIBSQLITE3_SYS_USE_PKG_CONFIG has it.
fn uses_the_systems_sqlite() -> bool {
    let own = ffi::sqlite3_libversion as *const () as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("/libsqlite3.so")).any(|line| {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let address = |digits| usize::from_str_radix(digits, 16).unwrap();
        (address(from)..address(to)).contains(&own)
    })
}
