//! `fm_finding`.

use std::ffi::c_void;

use libc::{c_char, c_int};

use super::callback::Callback;
use super::told::Texts;
use crate::{Error, Finding, Mend};

/// Something that is wrong with a marker, and what mends it.
#[repr(C)]
pub struct fm_finding {
    /// "dated_late", "date_form", "not_verified", "duplicate", "orphan", "not_an_owner" or "dated_early".
    pub name: *const c_char,
    /// The marker's id, as it stands in the table; a NULL is the empty string, here and in the following.
    pub marker_id: *const c_char,
    /// The user whom it names.
    pub user_id: *const c_char,
    /// Its address.
    pub address: *const c_char,
    /// Its verification_status.
    pub verification_status: *const c_char,
    /// Its verified_at, or NULL if it has none.
    pub verified_at: *const c_char,
    /// Its created_at.
    pub created_at: *const c_char,
    /// "nothing" has to be done, or nobody knows what; a "repair" sets column to value; it is "withheld" as long as a
    /// facilitator of the user is ambiguous or has a date that can't be read; or statement does it, if the host decides so.
    pub mend: *const c_char,
    /// "created_at" or "verification_status" with "repair", else NULL.
    pub column: *const c_char,
    /// The column's new value with "repair", else NULL.
    pub value: *const c_char,
    /// A statement of SQL that deletes this row and no other one with "statement", else NULL.
    pub statement: *const c_char,
    /// A sentence that says what is wrong, what it costs, and what mends it.
    pub message: *const c_char,
}

/// Is told something that is wrong with a marker. Returns 0 to go on.
pub type fm_finding_callback =
    Option<unsafe extern "C" fn(finding: *const fm_finding, context: *mut c_void) -> c_int>;

impl fm_finding {
    /// Tells the callback this finding.
    pub(super) fn tell(callback: &Callback<fm_finding>, finding: &Finding) -> Result<(), Error> {
        let marker = &finding.marker;
        let (mend, column, value, statement) = match &finding.mend {
            Mend::Nothing => ("nothing", None, None, None),
            Mend::Withheld => ("withheld", None, None, None),
            Mend::Repair { column, value } => ("repair", Some(column), Some(value), None),
            Mend::Statement(statement) => ("statement", None, None, Some(statement)),
        };
        let mut texts = Texts::default();
        callback.tell(&fm_finding {
            name: texts.add(finding.name())?,
            marker_id: texts.add(&marker.id)?,
            user_id: texts.add(&marker.user_id)?,
            address: texts.add(&marker.address)?,
            verification_status: texts.add(&marker.verification_status)?,
            verified_at: texts.add_any(marker.verified_at.as_ref())?,
            created_at: texts.add(&marker.created_at)?,
            mend: texts.add(mend)?,
            column: texts.add_any(column)?,
            value: texts.add_any(value)?,
            statement: texts.add_any(statement)?,
            message: texts.add(finding)?,
        })
    }
}
