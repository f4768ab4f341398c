//! `fm_skipped_owner` and `fm_for_each_skipped_owner`.

use std::ffi::c_void;

use libc::{c_char, c_int};
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::callback::Callback;
use super::gate::gate;
use super::out::Out;
use super::told::Texts;
use crate::backfill::try_for_each_skipped_owner;
use crate::{Error, SkippedOwner};

/// An owner that a backfill leaves unenrolled.
#[repr(C)]
pub struct fm_skipped_owner {
    /// "unknown_user", "ambiguous_user", "unreadable_date" or "refused".
    pub reason: *const c_char,
    /// The owner_address that means no user for sure with the first two of these, else NULL.
    pub owner_address: *const c_char,
    /// The user who stays unenrolled with the others, else NULL.
    pub user_id: *const c_char,
    /// A sentence that says what to do about it.
    pub message: *const c_char,
}

/// Is told an owner that a backfill leaves unenrolled. Returns 0 to go on.
pub type fm_skipped_owner_callback =
    Option<unsafe extern "C" fn(owner: *const fm_skipped_owner, context: *mut c_void) -> c_int>;

/// Tells callback each owner that a backfill would leave unenrolled, and why, in no particular order. Writes nothing, takes no
/// write lock, and works on a read-only connection.
///
/// An ambiguous owner_address is left out once the host has settled it, by enrolling all whom it could mean, or one of them
/// as early as the facilitators in question. Of the markers that the database would refuse those are told of which the
/// schema tells; what only the run of a CHECK or a trigger can tell, this can't.
///
/// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
/// other than 0; after any other failure it may have been told of some owners as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_for_each_skipped_owner(
    db: *mut sqlite3,
    callback: fm_skipped_owner_callback,
    context: *mut c_void,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for an out-parameter that is NULL or can be written to.
    gate(unsafe { Out::new(errmsg) }, None, || {
        // SAFETY: the header asks for a callback that takes such an owner and this context, and returns.
        let callback = unsafe { Callback::new(callback, context) }?;
        // SAFETY: the header asks for a connection that is open, and that only the callback uses meanwhile.
        unsafe { lend(db, |conn| try_for_each_skipped_owner(conn, |owner| tell(&callback, &owner))) }?;
        Ok(SQLITE_OK)
    })
}

fn tell(callback: &Callback<fm_skipped_owner>, skipped: &SkippedOwner) -> Result<(), Error> {
    let mut texts = Texts::default();
    callback.tell(&fm_skipped_owner {
        reason: texts.add(skipped.reason())?,
        owner_address: texts.add_any(skipped.owner_address())?,
        user_id: texts.add_any(skipped.user_id())?,
        message: texts.add(skipped)?,
    })
}
