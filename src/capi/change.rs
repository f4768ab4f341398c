//! `fm_change`.

use std::ffi::c_void;

use libc::{c_char, c_int};

use super::callback::Callback;
use super::told::Texts;
use crate::{Change, Error};

/// A marker that a repair changes. What is old and new are values as SQL writes them, and NULL where a column isn't changed.
#[repr(C)]
pub struct fm_change {
    /// The row's id.
    pub marker_id: *const c_char,
    /// The user whose marker it is.
    pub user_id: *const c_char,
    /// created_at before.
    pub created_at_old: *const c_char,
    /// created_at now.
    pub created_at_new: *const c_char,
    /// verification_status before.
    pub verification_status_old: *const c_char,
    /// verification_status now.
    pub verification_status_new: *const c_char,
    /// verified_at before.
    pub verified_at_old: *const c_char,
    /// verified_at now.
    pub verified_at_new: *const c_char,
    /// A statement of SQL that gives the row its old values back, byte for byte, unless somebody has changed them since: then
    /// it changes nothing.
    pub undo: *const c_char,
    /// A sentence that says what was changed.
    pub message: *const c_char,
}

/// Is told a marker that a repair changes. Returns 0 to go on.
pub type fm_change_callback =
    Option<unsafe extern "C" fn(change: *const fm_change, context: *mut c_void) -> c_int>;

impl fm_change {
    /// Tells the callback this change.
    pub(super) fn tell(callback: &Callback<fm_change>, change: &Change) -> Result<(), Error> {
        let Change { marker_id, user_id, created_at, verification_status, verified_at, undo } = change;
        let [created_at, verification_status, verified_at] =
            [created_at, verification_status, verified_at].map(Option::as_ref);
        let mut texts = Texts::default();
        callback.tell(&fm_change {
            marker_id: texts.add(marker_id)?,
            user_id: texts.add(user_id)?,
            created_at_old: texts.add_any(created_at.map(|replaced| &replaced.old))?,
            created_at_new: texts.add_any(created_at.map(|replaced| &replaced.new))?,
            verification_status_old: texts.add_any(verification_status.map(|replaced| &replaced.old))?,
            verification_status_new: texts.add_any(verification_status.map(|replaced| &replaced.new))?,
            verified_at_old: texts.add_any(verified_at.map(|replaced| &replaced.old))?,
            verified_at_new: texts.add_any(verified_at.map(|replaced| &replaced.new))?,
            undo: texts.add(undo)?,
            message: texts.add(change)?,
        })
    }
}
