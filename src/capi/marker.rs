//! `fm_marker`.

use std::ptr;

use libc::c_char;

use crate::marker::Marker;
use crate::memory::{OutOfMemory, room};

/// A marker as it stands in the table: text that never changes, until fm_marker_free().
///
/// A marker that the library didn't write may hold anything. A value that isn't text is given as SQL writes
/// it, bytes that aren't UTF-8 become U+FFFD, a NULL is the empty string (but for verified_at), and text ends
/// at its first NUL byte.
pub struct fm_marker {
    /// All texts, each with its NUL; the other fields say where they begin.
    text: Vec<u8>,
    id: usize,
    user_id: usize,
    address: usize,
    verification_status: usize,
    verified_at: Option<usize>,
    created_at: usize,
}

impl fm_marker {
    pub(super) fn copy(marker: &Marker) -> Result<Self, OutOfMemory> {
        let Marker { id, user_id, chain_type: _, address, verification_status, verified_at, created_at } =
            marker;
        let texts = [id, user_id, address, verification_status, created_at].into_iter().chain(verified_at);
        let mut text = room(texts.map(|text| text.len() + 1).sum())?;
        let mut add = |value: &String| {
            let start = text.len();
            text.extend_from_slice(value.split('\0').next().unwrap_or_default().as_bytes());
            text.push(0);
            start
        };
        Ok(fm_marker {
            id: add(id),
            user_id: add(user_id),
            address: add(address),
            verification_status: add(verification_status),
            verified_at: verified_at.as_ref().map(&mut add),
            created_at: add(created_at),
            text,
        })
    }
}

/// A text of `marker`, which is NULL if there is none.
///
/// # Safety
///
/// `marker` is NULL, or one that [`fm_marker_free`] hasn't had yet.
unsafe fn get(marker: *const fm_marker, start: impl FnOnce(&fm_marker) -> Option<usize>) -> *const c_char {
    // SAFETY: the caller promises that a marker that isn't NULL exists, and none ever changes.
    let Some(marker) = (unsafe { marker.as_ref() }) else { return ptr::null() };
    start(marker).map_or(ptr::null(), |start| marker.text[start..].as_ptr().cast())
}

/// The row's id: FACILITATOR_OWNER: followed by the user id, in a row that the library wrote. NULL of NULL,
/// as with all functions from here to fm_marker_created_at().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_id(marker: *const fm_marker) -> *const c_char {
    // SAFETY: the header asks for NULL or a marker that hasn't been freed.
    unsafe { get(marker, |marker| Some(marker.id)) }
}

/// The user's id, as stored in "user".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_user_id(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(marker.user_id)) }
}

/// The same as the id, in a row that the library wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_address(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(marker.address)) }
}

/// "verified", in a row that the library wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_verification_status(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(marker.verification_status)) }
}

/// When the row was written: YYYY-MM-DD HH:MM:SS, UTC. NULL if the row has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_verified_at(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| marker.verified_at) }
}

/// The enrollment date: YYYY-MM-DD HH:MM:SS, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_marker_created_at(marker: *const fm_marker) -> *const c_char {
    // SAFETY: as for `fm_marker_id`.
    unsafe { get(marker, |marker| Some(marker.created_at)) }
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
