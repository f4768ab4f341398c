//! `fm_create_facilitator_marker` and `fm_ensure_facilitator_marker`.

use libc::{c_char, c_int};
use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::{lend, text};
use super::failure::Failure;
use super::gate::gate;
use super::marker::fm_marker;
use super::out::Out;
use crate::{Enrollment, Error, create_facilitator_marker, ensure_facilitator_marker};

/// The marker was written; it is given as it stands in the table now.
pub const FM_CREATED: c_int = 1;
/// The user had a marker, which is unchanged and given.
pub const FM_ALREADY_ENROLLED: c_int = 2;
/// No user has this id.
pub const FM_UNKNOWN_USER: c_int = 3;
/// No facilitator belongs to this user.
pub const FM_NOT_AN_OWNER: c_int = 4;
/// No user has exactly this id, and several have ids that differ from it in the case of A-Z only.
pub const FM_AMBIGUOUS_USER: c_int = 5;
/// A facilitator of this user has a created_at that can't be read, and it may be the earliest.
pub const FM_UNREADABLE_DATE: c_int = 6;

fn outcome_of(enrollment: &Enrollment) -> c_int {
    match enrollment {
        Enrollment::Created(_) => FM_CREATED,
        Enrollment::AlreadyEnrolled(_) => FM_ALREADY_ENROLLED,
        Enrollment::UnknownUser => FM_UNKNOWN_USER,
        Enrollment::NotAnOwner => FM_NOT_AN_OWNER,
        Enrollment::AmbiguousUser => FM_AMBIGUOUS_USER,
        Enrollment::UnreadableDate => FM_UNREADABLE_DATE,
    }
}

/// Enrolls a user, and gives outcome and marker.
///
/// # Safety
///
/// As [`lend`].
unsafe fn enroll(
    db: *mut sqlite3,
    outcome: &Out<c_int>,
    marker: &Out<*mut fm_marker>,
    work: impl FnOnce(&Connection) -> Result<Enrollment, Error>,
) -> Result<c_int, Failure> {
    // SAFETY: the caller promises what `lend` asks for.
    let enrollment = unsafe { lend(db, work) }?;
    if let (Some(found), false) = (enrollment.marker(), marker.is_unwanted()) {
        let found = fm_marker::copy(found).map_err(Error::from)?;
        marker.put(Box::into_raw(Box::new(found)));
    }
    outcome.put(outcome_of(&enrollment));
    Ok(SQLITE_OK)
}

/// Writes the enrollment marker of exactly this user, with this enrollment date: for an import, or where the
/// date is known better than from the facilitators. That a facilitator belongs to the user is not asked for.
///
/// user_id is the id exactly as stored in "user". enrollment_date is YYYY-MM-DD, which may be followed by one
/// space, T or t and HH:MM, HH:MM:SS or HH:MM:SS.fraction, and then by a zone, which one space may precede: Z,
/// z, or +HH:MM, +HHMM, +HH or the same with -, up to 14:59. Without a zone it is UTC.
///
/// *outcome is FM_CREATED, FM_ALREADY_ENROLLED or FM_UNKNOWN_USER. *marker is the marker in the first two
/// cases, else NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_create_facilitator_marker(
    db: *mut sqlite3,
    user_id: *const c_char,
    enrollment_date: *const c_char,
    outcome: *mut c_int,
    marker: *mut *mut fm_marker,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (outcome, marker, errmsg) = unsafe { (Out::new(outcome), Out::new(marker), Out::new(errmsg)) };
    gate(errmsg, Some(&marker), || {
        // SAFETY: the header asks for C strings, and for a connection that is open and not used elsewhere
        // meanwhile.
        unsafe {
            let user_id = text(user_id, "user_id")?;
            let enrollment_date = text(enrollment_date, "enrollment_date")?;
            enroll(db, &outcome, &marker, |conn| create_facilitator_marker(conn, user_id, enrollment_date))
        }
    })
}

/// Makes sure that an owner has an enrollment marker, dated with the earliest created_at among the owner's
/// facilitators. Call it wherever a facilitator is created, inside the transaction that inserts the
/// facilitator.
///
/// user_id is the id as stored in "user", or as an owner_address has it, in lower case: the user with exactly
/// this id is meant, else the only one whose id differs from it in nothing but the case of A-Z.
///
/// *outcome is FM_CREATED, or the first that applies of FM_UNKNOWN_USER or FM_AMBIGUOUS_USER,
/// FM_ALREADY_ENROLLED, FM_NOT_AN_OWNER, FM_UNREADABLE_DATE. *marker is the marker with FM_CREATED and
/// FM_ALREADY_ENROLLED, else NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_ensure_facilitator_marker(
    db: *mut sqlite3,
    user_id: *const c_char,
    outcome: *mut c_int,
    marker: *mut *mut fm_marker,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (outcome, marker, errmsg) = unsafe { (Out::new(outcome), Out::new(marker), Out::new(errmsg)) };
    gate(errmsg, Some(&marker), || {
        // SAFETY: the header asks for a C string, and for a connection that is open and not used elsewhere
        // meanwhile.
        unsafe {
            let user_id = text(user_id, "user_id")?;
            enroll(db, &outcome, &marker, |conn| ensure_facilitator_marker(conn, user_id))
        }
    })
}
