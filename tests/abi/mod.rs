//! The C ABI called from Rust: the declarations of the header, and each call with all that it answers.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};

/// `fm_report`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    pub owners: i64,
    pub created: i64,
    pub already_enrolled: i64,
    pub unreadable_date: i64,
    pub refused: i64,
    pub unknown_users: i64,
    pub ambiguous_users: i64,
    pub unreadable_dates: i64,
}

pub type Marker = *mut c_void;
pub type Backfill = *mut c_void;
pub type Message = *mut *mut c_char;

unsafe extern "C" {
    pub fn fm_create_facilitator_marker(
        db: *mut ffi::sqlite3,
        user_id: *const c_char,
        enrollment_date: *const c_char,
        outcome: *mut c_int,
        marker: *mut Marker,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_ensure_facilitator_marker(
        db: *mut ffi::sqlite3,
        user_id: *const c_char,
        outcome: *mut c_int,
        marker: *mut Marker,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_backfill_facilitator_markers(
        db: *mut ffi::sqlite3,
        report: *mut Report,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_preview_facilitator_markers(
        db: *mut ffi::sqlite3,
        report: *mut Report,
        warning: Message,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_backfill_open(db: *mut ffi::sqlite3, backfill: *mut Backfill, errmsg: Message) -> c_int;
    pub fn fm_backfill_step(backfill: Backfill, max_owners: i64, errmsg: Message) -> c_int;
    pub fn fm_backfill_progress(backfill: Backfill, report: *mut Report, remaining: *mut i64) -> c_int;
    pub fn fm_backfill_close(backfill: Backfill);
    pub fn fm_marker_id(marker: Marker) -> *const c_char;
    pub fn fm_marker_user_id(marker: Marker) -> *const c_char;
    pub fn fm_marker_address(marker: Marker) -> *const c_char;
    pub fn fm_marker_verification_status(marker: Marker) -> *const c_char;
    pub fn fm_marker_verified_at(marker: Marker) -> *const c_char;
    pub fn fm_marker_created_at(marker: Marker) -> *const c_char;
    pub fn fm_marker_free(marker: Marker);
}

/// What a call answers: a value, or a code and a message.
pub type Answer<T> = Result<T, (c_int, String)>;

/// The texts of a marker, in the order of the header.
pub type Texts = [Option<String>; 6];

pub fn create(conn: &Connection, user_id: &CStr, date: &CStr) -> Answer<(c_int, Option<Texts>)> {
    // SAFETY: an open connection that nothing else uses, C strings, and places for the results.
    enroll(|outcome, marker, errmsg| unsafe {
        fm_create_facilitator_marker(conn.handle(), user_id.as_ptr(), date.as_ptr(), outcome, marker, errmsg)
    })
}

pub fn ensure(conn: &Connection, user_id: &CStr) -> Answer<(c_int, Option<Texts>)> {
    // SAFETY: an open connection that nothing else uses, a C string, and places for the results.
    enroll(|outcome, marker, errmsg| unsafe {
        fm_ensure_facilitator_marker(conn.handle(), user_id.as_ptr(), outcome, marker, errmsg)
    })
}

/// The counts, which a backfill gives also where markers were refused, with its answer.
pub fn backfill(conn: &Connection) -> (Answer<()>, Report) {
    let (mut report, mut errmsg) = (Report::default(), ptr::dangling_mut());
    // SAFETY: an open connection that nothing else uses, and places for the results.
    match unsafe { fm_backfill_facilitator_markers(conn.handle(), &raw mut report, &raw mut errmsg) } {
        ffi::SQLITE_OK => {
            assert!(errmsg.is_null());
            (Ok(()), report)
        }
        code => (Err((code, take(errmsg))), report),
    }
}

/// The counts and the warning.
pub fn preview(conn: &Connection) -> Answer<(Report, Option<String>)> {
    let (mut report, mut warning, mut errmsg) = (Report::default(), ptr::dangling_mut(), ptr::dangling_mut());
    // SAFETY: an open connection that nothing else uses, and places for the results.
    match unsafe {
        fm_preview_facilitator_markers(conn.handle(), &raw mut report, &raw mut warning, &raw mut errmsg)
    } {
        ffi::SQLITE_OK => {
            assert!(errmsg.is_null());
            Ok((report, (!warning.is_null()).then(|| take(warning))))
        }
        code => {
            assert!(warning.is_null());
            Err((code, take(errmsg)))
        }
    }
}

/// A backfill in steps of these sizes, over and over, with the counts at its end.
pub fn steps(conn: &Connection, sizes: &[i64]) -> (Answer<()>, Report) {
    let (mut backfill, mut errmsg, mut report, mut remaining) =
        (ptr::null_mut(), ptr::null_mut(), Report::default(), 0);
    // SAFETY: an open connection that nothing else uses, and places for the results; the backfill is closed
    // once.
    unsafe {
        let code = fm_backfill_open(conn.handle(), &raw mut backfill, &raw mut errmsg);
        if code != ffi::SQLITE_OK {
            return (Err((code, take(errmsg))), report);
        }
        let mut sizes = sizes.iter().cycle();
        let code = loop {
            let code = fm_backfill_step(backfill, *sizes.next().unwrap(), &raw mut errmsg);
            assert_eq!(fm_backfill_progress(backfill, &raw mut report, &raw mut remaining), ffi::SQLITE_OK);
            assert_eq!(remaining > 0, code == ffi::SQLITE_OK);
            if code != ffi::SQLITE_OK {
                break code;
            }
        };
        fm_backfill_close(backfill);
        (if code == ffi::SQLITE_DONE { Ok(()) } else { Err((code, take(errmsg))) }, report)
    }
}

fn enroll(call: impl FnOnce(*mut c_int, *mut Marker, Message) -> c_int) -> Answer<(c_int, Option<Texts>)> {
    let (mut outcome, mut marker, mut errmsg) = (0, ptr::dangling_mut(), ptr::dangling_mut());
    match call(&raw mut outcome, &raw mut marker, &raw mut errmsg) {
        ffi::SQLITE_OK => {
            assert!(errmsg.is_null());
            Ok((outcome, texts(marker)))
        }
        code => {
            assert!(marker.is_null());
            Err((code, take(errmsg)))
        }
    }
}

fn texts(marker: Marker) -> Option<Texts> {
    let text = |text: *const c_char| {
        // SAFETY: the library's texts are C strings, as long as the marker lives.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned())
    };
    // SAFETY: the marker is NULL or new, and freed once, after its texts were copied.
    unsafe {
        let texts = [
            text(fm_marker_id(marker)),
            text(fm_marker_user_id(marker)),
            text(fm_marker_address(marker)),
            text(fm_marker_verification_status(marker)),
            text(fm_marker_verified_at(marker)),
            text(fm_marker_created_at(marker)),
        ];
        fm_marker_free(marker);
        (!marker.is_null()).then_some(texts)
    }
}

/// A message, which is freed.
pub fn take(errmsg: *mut c_char) -> String {
    assert!(!errmsg.is_null());
    // SAFETY: a message is a C string that sqlite3_free() takes back, once.
    unsafe {
        let message = CStr::from_ptr(errmsg).to_str().unwrap().to_owned();
        ffi::sqlite3_free(errmsg.cast());
        message
    }
}
