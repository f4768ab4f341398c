//! What only the C library says: of arguments, of a backfill or a repair that can't be used, of callbacks, and of a second
//! SQLite.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, Ordering};

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{self, Connection, ffi};

use crate::abi::{
    Message, Repair, Told, due, fm_backfill_close, fm_backfill_open, fm_backfill_step,
    fm_create_facilitator_marker, fm_ensure_facilitator_marker, fm_for_each_due_owner, fm_repair_close,
    fm_repair_open, fm_repair_step, take,
};
use crate::host::{add_owner, in_memory};

unsafe extern "C" {
    fn fm_check_sqlite(host_libversion: *const c_char, errmsg: Message) -> c_int;
}

/// What a call that fails says.
fn said(call: impl FnOnce(Message) -> c_int) -> String {
    let mut errmsg = ptr::null_mut();
    assert_ne!(call(&raw mut errmsg), ffi::SQLITE_OK);
    take(errmsg)
}

/// What a step says that begins within a step of the same backfill.
fn of_a_step_within_a_step() -> String {
    static STEPPING: AtomicPtr<std::ffi::c_void> = AtomicPtr::new(ptr::null_mut());
    static SAID: Mutex<String> = Mutex::new(String::new());
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    conn.create_scalar_function("step_again", 0, FunctionFlags::default(), |_| {
        // SAFETY: the backfill is open, and its uses overlap only within a step.
        *SAID.lock().unwrap() =
            said(|errmsg| unsafe { fm_backfill_step(STEPPING.load(Ordering::Relaxed), 1, errmsg) });
        Ok::<i64, rusqlite::Error>(0)
    })
    .unwrap();
    conn.execute_batch(
        "CREATE TRIGGER again AFTER INSERT ON reward_addresses BEGIN SELECT step_again(); END",
    )
    .unwrap();
    let mut backfill = ptr::null_mut();
    // SAFETY: the connection is open, and the backfill is closed once.
    unsafe {
        assert_eq!(fm_backfill_open(conn.handle(), &raw mut backfill, ptr::null_mut()), ffi::SQLITE_OK);
        STEPPING.store(backfill, Ordering::Relaxed);
        while fm_backfill_step(backfill, 9, ptr::null_mut()) == ffi::SQLITE_OK {}
        fm_backfill_close(backfill);
    }
    SAID.lock().unwrap().clone()
}

fn of_a_step_of_no_owners(conn: &Connection) -> String {
    let mut backfill = ptr::null_mut();
    // SAFETY: as above.
    unsafe {
        assert_eq!(fm_backfill_open(conn.handle(), &raw mut backfill, ptr::null_mut()), ffi::SQLITE_OK);
        let said = said(|errmsg| fm_backfill_step(backfill, 0, errmsg));
        fm_backfill_close(backfill);
        said
    }
}

/// A repair whose callback takes a step of it, and what that says.
struct Stepping {
    repair: Repair,
    said: String,
}

unsafe extern "C" fn step_again(_: *const Told<10>, context: *mut c_void) -> c_int {
    // SAFETY: the context that was passed with this callback, which nothing else uses meanwhile; the repair is open.
    unsafe {
        let stepping = &mut *context.cast::<Stepping>();
        stepping.said =
            said(|errmsg| fm_repair_step(stepping.repair, 1, Some(step_again), ptr::null_mut(), errmsg));
    }
    0
}

/// What a step of a repair says that begins within a step of the same.
fn of_a_repair_within_itself() -> String {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    conn.execute_batch(
        "INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES ('m', 'Ada', 'facilitator', 'm')",
    )
    .unwrap();
    let mut stepping = Stepping { repair: ptr::null_mut(), said: String::new() };
    // SAFETY: the connection is open, and the repair is closed once.
    unsafe {
        assert_eq!(fm_repair_open(conn.handle(), &raw mut stepping.repair, ptr::null_mut()), ffi::SQLITE_OK);
        let (repair, context) = (stepping.repair, (&raw mut stepping).cast());
        while fm_repair_step(repair, 9, Some(step_again), context, ptr::null_mut()) == ffi::SQLITE_OK {}
        fm_repair_close(repair);
    }
    stepping.said
}

fn of_a_step_of_no_markers(conn: &Connection) -> String {
    let mut repair = ptr::null_mut();
    // SAFETY: as above; the callback isn't called.
    unsafe {
        assert_eq!(fm_repair_open(conn.handle(), &raw mut repair, ptr::null_mut()), ffi::SQLITE_OK);
        let said = said(|errmsg| fm_repair_step(repair, 0, Some(step_again), ptr::null_mut(), errmsg));
        fm_repair_close(repair);
        said
    }
}

/// What a call says that its callback ends.
fn of_a_callback_that_returns_other_than_0() -> String {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    due(&conn, &mut |_| 7).1.unwrap_err().1
}

/// What stands in the unit tests of the gate: no call makes the library panic, or finds no memory for a message.
const OF_THE_GATE: [&str; 2] =
    ["a bug in facilitator-markers, please report it: no text", "out of memory: try again"];

pub fn lines() -> Vec<String> {
    let conn = in_memory();
    // SAFETY: the connection is open.
    let (none, db) = (ptr::null_mut(), unsafe { conn.handle() });
    let (nobody, ada) = (ptr::null(), c"Ada".as_ptr());
    let ensure = |db, user_id: *const c_char| {
        // SAFETY: NULL or an open connection, and NULL or a C string.
        said(|errmsg| unsafe {
            fm_ensure_facilitator_marker(db, user_id, ptr::null_mut(), ptr::null_mut(), errmsg)
        })
    };
    let create = |date: *const c_char| {
        // SAFETY: as above.
        said(|errmsg| unsafe {
            fm_create_facilitator_marker(db, ada, date, ptr::null_mut(), ptr::null_mut(), errmsg)
        })
    };
    // SAFETY: NULL or a C string; nothing else is used.
    let check = |version: *const c_char| said(|errmsg| unsafe { fm_check_sqlite(version, errmsg) });
    // SAFETY: it only returns a constant.
    let version = unsafe { CStr::from_ptr(ffi::sqlite3_libversion()) }.to_str().unwrap();
    let mut lines = vec![
        ensure(none, ada),
        ensure(db, nobody),
        ensure(db, c"Ada\xff".as_ptr()),
        create(nobody),
        create(c"2026-01-21\xff".as_ptr()),
        // SAFETY: an open connection, and NULL.
        said(|errmsg| unsafe { fm_backfill_open(db, ptr::null_mut(), errmsg) }),
        // SAFETY: NULL.
        said(|errmsg| unsafe { fm_backfill_step(ptr::null_mut(), 1, errmsg) }),
        of_a_step_of_no_owners(&conn),
        of_a_step_within_a_step(),
        // SAFETY: an open connection, and NULL.
        said(|errmsg| unsafe { fm_for_each_due_owner(db, None, ptr::null_mut(), errmsg) }),
        of_a_callback_that_returns_other_than_0(),
        // SAFETY: an open connection, and NULL.
        said(|errmsg| unsafe { fm_repair_open(db, ptr::null_mut(), errmsg) }),
        // SAFETY: NULL.
        said(|errmsg| unsafe { fm_repair_step(ptr::null_mut(), 1, None, ptr::null_mut(), errmsg) }),
        of_a_step_of_no_markers(&conn),
        of_a_repair_within_itself(),
        check(nobody),
        check(c"3.40.0".as_ptr()).replace(&format!("({version})"), "(3.54.1)"),
    ];
    lines.extend(OF_THE_GATE.map(str::to_owned));
    lines
}
