//! `fm_due_owner` and `fm_for_each_due_owner`.

use std::ffi::c_void;

use libc::{c_char, c_int};
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::callback::Callback;
use super::gate::gate;
use super::out::Out;
use super::told::Texts;
use crate::backfill::try_for_each_due_owner;
use crate::{DueOwner, Error};

/// An owner whom a backfill would enroll.
#[repr(C)]
pub struct fm_due_owner {
    /// The user's id, as stored in "user".
    pub user_id: *const c_char,
    /// The date that the marker would get: YYYY-MM-DD HH:MM:SS, UTC.
    pub enrollment_date: *const c_char,
    /// 1 if that is later than the clock, else 0. A marker is written all the same, because the host's data say so, and
    /// nothing counts until then.
    pub is_to_come: c_int,
}

/// Is told an owner whom a backfill would enroll. Returns 0 to go on.
pub type fm_due_owner_callback =
    Option<unsafe extern "C" fn(owner: *const fm_due_owner, context: *mut c_void) -> c_int>;

/// Tells callback each owner whom a backfill would enroll now, and since when, in no particular order. Writes nothing, takes
/// no write lock, and works on a read-only connection.
///
/// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
/// other than 0; after any other failure it may have been told of some owners as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_for_each_due_owner(
    db: *mut sqlite3,
    callback: fm_due_owner_callback,
    context: *mut c_void,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for an out-parameter that is NULL or can be written to.
    gate(unsafe { Out::new(errmsg) }, None, || {
        // SAFETY: the header asks for a callback that takes such an owner and this context, and returns.
        let callback = unsafe { Callback::new(callback, context) }?;
        // SAFETY: the header asks for a connection that is open, and that only the callback uses meanwhile.
        unsafe { lend(db, |conn| try_for_each_due_owner(conn, |owner| tell(&callback, &owner))) }?;
        Ok(SQLITE_OK)
    })
}

fn tell(callback: &Callback<fm_due_owner>, owner: &DueOwner) -> Result<(), Error> {
    let mut texts = Texts::default();
    callback.tell(&fm_due_owner {
        user_id: texts.add(&owner.user_id)?,
        enrollment_date: texts.add(&owner.enrollment_date)?,
        is_to_come: owner.is_to_come.into(),
    })
}
