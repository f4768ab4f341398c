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

/// `fm_audit_report`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditReport {
    pub markers: i64,
    pub dated_late: i64,
    pub date_form: i64,
    pub not_verified: i64,
    pub duplicate: i64,
    pub orphan: i64,
    pub not_an_owner: i64,
    pub dated_early: i64,
}

/// `fm_repair_report`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairReport {
    pub markers: i64,
    pub repaired: i64,
    pub refused: i64,
}

/// `fm_due_owner`.
#[repr(C)]
pub struct DueOwner {
    texts: [*const c_char; 2],
    is_to_come: c_int,
}

/// `fm_skipped_owner`, `fm_finding` or `fm_change`, which have so many texts.
pub type Told<const N: usize> = [*const c_char; N];

/// A callback that is told a `T`.
pub type Callback<T> = Option<unsafe extern "C" fn(told: *const T, context: *mut c_void) -> c_int>;

pub type Marker = *mut c_void;
pub type Backfill = *mut c_void;
pub type Repair = *mut c_void;
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
    pub fn fm_for_each_due_owner(
        db: *mut ffi::sqlite3,
        callback: Callback<DueOwner>,
        context: *mut c_void,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_for_each_skipped_owner(
        db: *mut ffi::sqlite3,
        callback: Callback<Told<4>>,
        context: *mut c_void,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_audit_facilitator_markers(
        db: *mut ffi::sqlite3,
        with_cost: c_int,
        callback: Callback<Told<17>>,
        context: *mut c_void,
        report: *mut AuditReport,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_repair_facilitator_markers(
        db: *mut ffi::sqlite3,
        callback: Callback<Told<10>>,
        context: *mut c_void,
        report: *mut RepairReport,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_repair_open(db: *mut ffi::sqlite3, repair: *mut Repair, errmsg: Message) -> c_int;
    pub fn fm_repair_step(
        repair: Repair,
        max_markers: i64,
        callback: Callback<Told<10>>,
        context: *mut c_void,
        errmsg: Message,
    ) -> c_int;
    pub fn fm_repair_progress(repair: Repair, report: *mut RepairReport, is_done: *mut c_int) -> c_int;
    pub fn fm_repair_close(repair: Repair);
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

/// What a callback is told, and what it answers.
struct Listener<'f, T> {
    told: Vec<T>,
    answer: &'f mut dyn FnMut(&T) -> c_int,
}

impl<'f, T> Listener<'f, T> {
    fn new(answer: &'f mut dyn FnMut(&T) -> c_int) -> Self {
        Listener { told: Vec::new(), answer }
    }

    fn context(&mut self) -> *mut c_void {
        ptr::from_mut(self).cast()
    }

    /// # Safety
    ///
    /// `context` is that of such a listener, which nothing else uses meanwhile.
    unsafe fn hear(context: *mut c_void, told: T) -> c_int {
        // SAFETY: as the caller promises.
        let listener = unsafe { &mut *context.cast::<Self>() };
        let answer = (listener.answer)(&told);
        listener.told.push(told);
        answer
    }
}

/// A due owner: id, date, and whether that is to come.
pub type Due = ([Option<String>; 2], bool);

unsafe extern "C" fn hear_due(owner: *const DueOwner, context: *mut c_void) -> c_int {
    // SAFETY: an owner that lives during the call, with texts that do, and the context that was passed with this callback.
    unsafe {
        let owner = &*owner;
        assert!([0, 1].contains(&owner.is_to_come));
        let texts = owner.texts.map(|text| copied(text));
        Listener::<Due>::hear(context, (texts, owner.is_to_come != 0))
    }
}

unsafe extern "C" fn hear<const N: usize>(told: *const Told<N>, context: *mut c_void) -> c_int {
    // SAFETY: texts that live during the call, and the context that was passed with this callback.
    unsafe {
        let texts = (*told).map(|text| copied(text));
        Listener::<[Option<String>; N]>::hear(context, texts)
    }
}

/// What the callback was told, and how the call ended. `answer` is what the callback returns.
pub fn due(conn: &Connection, answer: &mut dyn FnMut(&Due) -> c_int) -> (Vec<Due>, Answer<()>) {
    let (mut listener, mut errmsg) = (Listener::new(answer), ptr::dangling_mut());
    // SAFETY: an open connection that only the callback uses, a callback with its own context, and a place for the message.
    let code =
        unsafe { fm_for_each_due_owner(conn.handle(), Some(hear_due), listener.context(), &raw mut errmsg) };
    (listener.told, ended(code, errmsg))
}

/// The texts of each skipped owner in the order of the header, and how the call ended.
pub fn skipped(
    conn: &Connection,
    answer: &mut dyn FnMut(&[Option<String>; 4]) -> c_int,
) -> (Vec<[Option<String>; 4]>, Answer<()>) {
    let (mut listener, mut errmsg) = (Listener::new(answer), ptr::dangling_mut());
    // SAFETY: as in `due`.
    let code = unsafe {
        fm_for_each_skipped_owner(conn.handle(), Some(hear::<4>), listener.context(), &raw mut errmsg)
    };
    (listener.told, ended(code, errmsg))
}

/// The texts of a finding in the order of the header, without the number that follows them.
pub type Finding = [Option<String>; 17];

/// The findings with what they cost, and how the call ended.
pub fn audit(
    conn: &Connection,
    answer: &mut dyn FnMut(&Finding) -> c_int,
) -> (Vec<Finding>, Answer<AuditReport>) {
    let (mut listener, mut errmsg) = (Listener::new(answer), ptr::dangling_mut());
    let mut report = AuditReport::default();
    // SAFETY: as in `due`, with a place for the report.
    let code = unsafe {
        fm_audit_facilitator_markers(
            conn.handle(),
            1,
            Some(hear::<17>),
            listener.context(),
            &raw mut report,
            &raw mut errmsg,
        )
    };
    (listener.told, ended(code, errmsg).map(|()| report))
}

/// The texts of a change in the order of the header.
pub type Change = [Option<String>; 10];

/// The changes, how the call ended, and the counts, which are given also where changes were refused.
pub fn repair(
    conn: &Connection,
    answer: &mut dyn FnMut(&Change) -> c_int,
) -> (Vec<Change>, Answer<()>, RepairReport) {
    let (mut listener, mut errmsg) = (Listener::new(answer), ptr::dangling_mut());
    let mut report = RepairReport::default();
    // SAFETY: an open connection that nothing else uses, a callback with its own context, and places for the results.
    let code = unsafe {
        fm_repair_facilitator_markers(
            conn.handle(),
            Some(hear::<10>),
            listener.context(),
            &raw mut report,
            &raw mut errmsg,
        )
    };
    (listener.told, ended(code, errmsg), report)
}

/// A repair in steps of these sizes, over and over; the same of it. A step that the callback ends is taken again.
pub fn repair_steps(
    conn: &Connection,
    sizes: &[i64],
    answer: &mut dyn FnMut(&Change) -> c_int,
) -> (Vec<Change>, Answer<()>, RepairReport) {
    let (mut repair, mut errmsg) = (ptr::null_mut(), ptr::null_mut());
    let (mut report, mut is_done, mut told) = (RepairReport::default(), -1, Vec::new());
    // SAFETY: an open connection that nothing else uses, a callback with its own context, and places for the results; the
    // repair is closed once.
    unsafe {
        let code = fm_repair_open(conn.handle(), &raw mut repair, &raw mut errmsg);
        if code != ffi::SQLITE_OK {
            return (told, ended(code, errmsg), report);
        }
        let mut sizes = sizes.iter().cycle();
        let answer = loop {
            let (heard, code) = repair_step(repair, *sizes.next().unwrap(), answer, &mut errmsg);
            assert_eq!(fm_repair_progress(repair, &raw mut report, &raw mut is_done), ffi::SQLITE_OK);
            match code {
                ffi::SQLITE_ABORT => drop(take(errmsg)),
                code => {
                    assert_eq!(is_done == 0, code == ffi::SQLITE_OK);
                    told.extend(heard);
                    match code {
                        ffi::SQLITE_OK => {}
                        ffi::SQLITE_DONE => break ended(ffi::SQLITE_OK, errmsg),
                        code => break ended(code, errmsg),
                    }
                }
            }
        };
        fm_repair_close(repair);
        (told, answer, report)
    }
}

/// A step of a repair that is open: the changes, and the code.
pub fn repair_step(
    repair: Repair,
    max_markers: i64,
    answer: &mut dyn FnMut(&Change) -> c_int,
    errmsg: &mut *mut c_char,
) -> (Vec<Change>, c_int) {
    let mut listener = Listener::new(answer);
    // SAFETY: an open repair, whose connection nothing else uses, a callback with its own context, and a place for the message.
    let code = unsafe { fm_repair_step(repair, max_markers, Some(hear::<10>), listener.context(), errmsg) };
    (listener.told, code)
}

fn ended(code: c_int, errmsg: *mut c_char) -> Answer<()> {
    match code {
        ffi::SQLITE_OK => {
            assert!(errmsg.is_null());
            Ok(())
        }
        code => Err((code, take(errmsg))),
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
    // SAFETY: the marker is NULL or new, and freed once, after its texts were copied.
    unsafe {
        let texts = [
            copied(fm_marker_id(marker)),
            copied(fm_marker_user_id(marker)),
            copied(fm_marker_address(marker)),
            copied(fm_marker_verification_status(marker)),
            copied(fm_marker_verified_at(marker)),
            copied(fm_marker_created_at(marker)),
        ];
        fm_marker_free(marker);
        (!marker.is_null()).then_some(texts)
    }
}

/// A text of the library's, if it isn't NULL.
///
/// # Safety
///
/// It is NULL or a C string.
unsafe fn copied(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned())
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
