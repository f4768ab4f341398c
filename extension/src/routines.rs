//! The host's function table: whether it can be used, and whose it is.
//!
//! The bindings keep the table for the whole process, so that there can be one only: a second copy of SQLite in the same
//! process is refused, because a connection of one handed to the functions of the other crashes.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi::{self, sqlite3_api_routines};

use crate::failure::Failure;

const OLDEST: c_int = 3_040_000;

// Hosts of the oldest version have every slot that the bindings know.
const _: () = assert!(ffi::SQLITE_VERSION_NUMBER <= OLDEST);

/// The names of those slots in the list that are NULL.
macro_rules! null_slots {
    ($api:expr; $($slot:ident)*) => {
        [$(((*$api).$slot.is_none(), concat!("sqlite3_", stringify!($slot)))),*]
            .into_iter()
            .filter_map(|(is_null, name)| is_null.then_some(name))
            .collect::<Vec<_>>()
    };
}

/// The table of the SQLite that loaded the extension first.
static ADOPTED: AtomicPtr<sqlite3_api_routines> = AtomicPtr::new(ptr::null_mut());

/// Takes the host's table into use, or says why not.
///
/// # Safety
///
/// `api` points to the function table of a SQLite, which stays where it is.
pub(crate) unsafe fn adopt(api: *mut sqlite3_api_routines) -> Result<(), Failure> {
    // SAFETY: the caller's promise. The slot is one of SQLite's oldest.
    let Some(version) = (unsafe { (*api).libversion_number }) else {
        return Err(lacking(&["sqlite3_libversion_number"]));
    };
    // SAFETY: it only returns a constant.
    let version = unsafe { version() };
    if version < OLDEST {
        return Err(Failure::refused(format!(
            "it needs SQLite 3.40 or later, and this host has {}; use a newer release of the host",
            written(version)
        )));
    }
    // SAFETY: the caller's promise, and the version says that the slots are there.
    let missing = unsafe { missing(api) };
    if !missing.is_empty() {
        return Err(lacking(&missing));
    }
    match ADOPTED.compare_exchange(ptr::null_mut(), api, Ordering::AcqRel, Ordering::Acquire) {
        Err(first) if first != api => {
            return Err(Failure::refused(
                "another copy of SQLite in this process has loaded it already; load it through one SQLite library only, \
                 or in separate processes",
            ));
        }
        _ => {}
    }
    // SAFETY: the caller's promise. Where another thread does the same at the same time, both store the same pointers.
    unsafe { ffi::rusqlite_extension_init2(api) }.map_err(|error| Failure::refused(error.to_string()))
}

fn lacking(functions: &[&str]) -> Failure {
    let functions = functions.join(", ");
    Failure::refused(format!("this host's SQLite was built without {functions}; use a build that has it"))
}

fn written(version: c_int) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000)
}

/// Whether the host has what the table-valued functions need: a build can leave virtual tables out.
pub(crate) fn has_virtual_tables() -> bool {
    let api = ADOPTED.load(Ordering::Acquire);
    // SAFETY: an adopted table stays where it is, and has every slot of the oldest version.
    !api.is_null() && unsafe { null_slots!(api; create_module_v2 declare_vtab vtab_config) }.is_empty()
}

/// Those functions that the host lacks, of all that the extension can come to call besides. A test compares both lists with
/// the library that was built.
///
/// # Safety
///
/// `api` points to a table that has these slots.
unsafe fn missing(api: *const sqlite3_api_routines) -> Vec<&'static str> {
    // SAFETY: the caller's promise.
    unsafe {
        null_slots!(api;
            bind_blob64 bind_double bind_int64 bind_null bind_parameter_count bind_text64
            bind_zeroblob changes close column_blob column_bytes column_count column_double
            column_int64 column_name column_text column_type context_db_handle create_function_v2
            db_filename db_status errcode errmsg errstr extended_errcode file_control finalize free get_autocommit
            libversion libversion_number limit malloc next_stmt prepare_v3 reset result_error result_error_code
            result_int64 result_null result_text step stmt_busy stmt_readonly total_changes user_data
            value_bytes value_double value_int64 value_text value_type
        )
    }
}
