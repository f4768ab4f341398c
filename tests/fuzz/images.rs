//! The bytes of a database file, whatever they are: no call crashes, goes on for ever, leaves a statement or a transaction,
//! or fails without a word, and what only reads changes nothing.

use std::ffi::{c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Backfill, Error, Repair, StepResult, audit_facilitator_markers, backfill_facilitator_markers,
    create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner,
    preview_facilitator_markers, repair_facilitator_markers,
};

/// Virtual machine instructions, in thousands, after which a call is interrupted: a page whose children are itself is read
/// for hours.
const MOST_THOUSANDS: u32 = 200;

/// No image has as many owners as this.
const MOST_STEPS: usize = 5000;

/// After so many the first markers of a small image are repaired, and others aren't.
const SOME_STEPS: usize = 8;

pub fn check(image: &[u8]) {
    // A page at least, and pages of 64 KiB at most.
    if !(512..1 << 20).contains(&image.len()) {
        return;
    }
    let conn = open(image);
    all_calls(&conn);
    if conn.execute_batch("BEGIN").is_ok() {
        all_calls(&conn);
    }
    assert!(conn.close().is_ok(), "a statement is left");
}

/// A database in memory that has these bytes.
fn open(image: &[u8]) -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    let size = image.len() as i64;
    // SAFETY: any size may be asked for; the memory has room for the image, and SQLite frees it.
    let code = unsafe {
        let memory = ffi::sqlite3_malloc64(size as u64).cast::<u8>();
        assert!(!memory.is_null());
        ptr::copy_nonoverlapping(image.as_ptr(), memory, image.len());
        let flags = ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE;
        ffi::sqlite3_deserialize(conn.handle(), c"main".as_ptr(), memory, size, size, flags as _)
    };
    assert_eq!(code, ffi::SQLITE_OK);
    conn
}

fn all_calls(conn: &Connection) {
    let user_id = conn
        .query_row("SELECT CAST(id AS TEXT) FROM main.\"user\"", [], |row| row.get(0))
        .unwrap_or_else(|_| "Ada".to_owned());
    let reading: [&dyn Fn() -> Result<(), Error>; 4] = [
        &|| preview_facilitator_markers(conn).map(drop),
        &|| for_each_due_owner(conn, drop),
        &|| for_each_skipped_owner(conn, drop),
        &|| audit_facilitator_markers(conn, |finding| assert!(!finding.to_string().is_empty())).map(drop),
    ];
    let writing: [&dyn Fn() -> Result<(), Error>; 7] = [
        &|| ensure_facilitator_marker(conn, &user_id).map(drop),
        &|| ensure_facilitator_marker(conn, &user_id.to_ascii_lowercase()).map(drop),
        &|| create_facilitator_marker(conn, &user_id, "2026-01-21").map(drop),
        &|| repair_in_steps(conn),
        &|| repair_facilitator_markers(conn, |change| assert!(!change.to_string().is_empty())).map(drop),
        &|| backfill_in_steps(conn),
        &|| backfill_facilitator_markers(conn).map(drop),
    ];
    for (number, call) in reading.iter().chain(&writing).enumerate() {
        let autocommit = conn.is_autocommit();
        let written = conn.total_changes();
        let done = interrupted_at_the_limit(conn, call);
        // SAFETY: an open connection; the statements are only asked for.
        let statement = unsafe { ffi::sqlite3_next_stmt(conn.handle(), ptr::null_mut()) };
        assert!(statement.is_null(), "a statement is left");
        match done {
            Err(error) => {
                assert!(!error.to_string().is_empty() && error.code() != ffi::SQLITE_OK);
                let ended = matches!(error, Error::TransactionEnded { .. });
                assert_eq!(conn.is_autocommit(), autocommit || ended, "{error}");
            }
            Ok(()) => assert_eq!(conn.is_autocommit(), autocommit),
        }
        assert!(number >= reading.len() || conn.total_changes() == written, "what only reads has written");
    }
}

/// Some steps, each of one marker, and no more: the rest is for the call after it.
fn repair_in_steps(conn: &Connection) -> Result<(), Error> {
    let mut repair = Repair::new(conn)?;
    for _ in 0..SOME_STEPS {
        if repair.step(1, drop)? != StepResult::More {
            break;
        }
    }
    Ok(())
}

fn backfill_in_steps(conn: &Connection) -> Result<(), Error> {
    let mut backfill = Backfill::new(conn)?;
    for _ in 0..MOST_STEPS {
        if backfill.step(1)? != StepResult::More {
            return Ok(());
        }
    }
    panic!("the steps don't end");
}

fn interrupted_at_the_limit<T>(conn: &Connection, call: impl FnOnce() -> T) -> T {
    extern "C" fn count(left: *mut c_void) -> c_int {
        // SAFETY: the count below, which outlives the handler and is nobody else's meanwhile.
        let left = unsafe { &mut *left.cast::<u32>() };
        *left = left.saturating_sub(1);
        c_int::from(*left == 0)
    }
    let mut left = MOST_THOUSANDS;
    // SAFETY: an open connection, and a handler that is taken back before its count goes.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 1000, Some(count), (&raw mut left).cast()) };
    let answer = call();
    // SAFETY: as above.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    answer
}
