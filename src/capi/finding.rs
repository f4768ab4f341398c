//! `fm_finding`.

use std::ffi::c_void;

use libc::{c_char, c_int};

use super::callback::Callback;
use super::report::count;
use super::told::Texts;
use crate::{Cost, Error, Finding};

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
    /// The earliest created_at among the owner's facilitators with "dated_late" and "dated_early", else NULL.
    pub enrollment_date: *const c_char,
    /// The id of the user's marker that the library goes by with "duplicate", else NULL.
    pub other_marker_id: *const c_char,
    /// With "orphan" the only user whose id differs in nothing but the case of A-Z, if there is one, else NULL.
    pub same_fold: *const c_char,
    /// "nothing" has to be done, or nobody knows what; a "repair" sets column to value; it is "withheld" as long as a
    /// facilitator of the user is ambiguous or has a date that can't be read; or statement does it, if the host decides so.
    pub mend: *const c_char,
    /// "created_at" or "verification_status" with "repair", else NULL.
    pub column: *const c_char,
    /// The column's new value with "repair", else NULL.
    pub value: *const c_char,
    /// A statement of SQL that deletes this row and no other one with "statement", else NULL.
    pub statement: *const c_char,
    /// A sentence that says what is wrong, and what mends it.
    pub message: *const c_char,
    /// The volume that the marker makes count, in digits, if the cost was asked for and is known, else NULL.
    pub counted: *const c_char,
    /// All volume of the user's facilitators, in digits, or NULL likewise.
    pub total: *const c_char,
    /// How many amounts are in neither, because they aren't whole numbers.
    pub unreadable_amounts: i64,
}

/// Is told something that is wrong with a marker. Returns 0 to go on.
pub type fm_finding_callback =
    Option<unsafe extern "C" fn(finding: *const fm_finding, context: *mut c_void) -> c_int>;

impl fm_finding {
    /// Tells the callback this finding, and what it costs.
    pub(super) fn tell(
        callback: &Callback<fm_finding>,
        finding: &Finding,
        cost: Option<&Cost>,
    ) -> Result<(), Error> {
        let Finding { marker, mend, .. } = finding;
        let mut texts = Texts::default();
        callback.tell(&fm_finding {
            name: texts.add(finding.name())?,
            marker_id: texts.add(&marker.id)?,
            user_id: texts.add(&marker.user_id)?,
            address: texts.add(&marker.address)?,
            verification_status: texts.add(&marker.verification_status)?,
            verified_at: texts.add_any(marker.verified_at.as_ref())?,
            created_at: texts.add(&marker.created_at)?,
            enrollment_date: texts.add_any(finding.enrollment_date())?,
            other_marker_id: texts.add_any(finding.other_marker_id())?,
            same_fold: texts.add_any(finding.same_fold())?,
            mend: texts.add(mend.name())?,
            column: texts.add_any(mend.column())?,
            value: texts.add_any(mend.value())?,
            statement: texts.add_any(mend.statement())?,
            message: texts.add(finding)?,
            counted: texts.add_any(cost.map(|cost| &cost.counted))?,
            total: texts.add_any(cost.map(|cost| &cost.total))?,
            unreadable_amounts: count(cost.map_or(0, |cost| cost.unreadable_amounts)),
        })
    }
}
