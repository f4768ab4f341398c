//! `fm_marker`.

use std::ffi::{CString, c_char};
use std::ptr;

use crate::marker::Marker;

/// A marker as it stands in the table: text that never changes, until fm_marker_free().
///
/// A marker that the library didn't write may hold anything. A value that isn't text is given as SQL writes
/// it, bytes that aren't UTF-8 become U+FFFD, a NULL is the empty string (but for verified_at), and text ends
/// at its first NUL byte.
pub struct fm_marker {
    id: CString,
    user_id: CString,
    address: CString,
    verification_status: CString,
    verified_at: Option<CString>,
    created_at: CString,
}

impl From<&Marker> for fm_marker {
    fn from(marker: &Marker) -> Self {
        fm_marker {
            id: c_string(&marker.id),
            user_id: c_string(&marker.user_id),
            address: c_string(&marker.address),
            verification_status: c_string(&marker.verification_status),
            verified_at: marker.verified_at.as_deref().map(c_string),
            created_at: c_string(&marker.created_at),
        }
    }
}

fn c_string(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default()
}

/// A text of `marker`, which is NULL if there is none.
///
/// # Safety
///
/// `marker` is NULL, or one that [`fm_marker_free`] hasn't had yet.
unsafe fn get(marker: *const fm_marker, text: impl FnOnce(&fm_marker) -> Option<&CString>) -> *const c_char {
    // SAFETY: the caller promises that a marker that isn't NULL exists, and none ever changes.
    unsafe { marker.as_ref() }.and_then(text).map_or(ptr::null(), |text| text.as_ptr())
}

/// The row's id: FACILITATOR_OWNER: followed by the user id, in a row that the library wrote. NULL of NULL,
/// as with all functions from here to fm_marker_created_at().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_id(marker: *const fm_marker) -> *const c_char {
    // SAFETY: the header asks for NULL or a marker that hasn't been freed.
    unsafe { get(marker, |marker| Some(&marker.id)) }
}

/// The user's id, as stored in "user".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_user_id(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(&marker.user_id)) }
}

/// The same as the id, in a row that the library wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_address(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(&marker.address)) }
}

/// "verified", in a row that the library wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_verification_status(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(&marker.verification_status)) }
}

/// When the row was written: YYYY-MM-DD HH:MM:SS, UTC. NULL if the row has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_verified_at(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| marker.verified_at.as_ref()) }
}

/// The enrollment date: YYYY-MM-DD HH:MM:SS, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_created_at(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(&marker.created_at)) }
}

/// Frees a marker and its text. Of NULL, does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_free(marker: *mut fm_marker) {
    if !marker.is_null() {
        // SAFETY: the header asks for a marker that came from the library and is freed once, so this is its
        // Box.
        drop(unsafe { Box::from_raw(marker) });
    }
}
