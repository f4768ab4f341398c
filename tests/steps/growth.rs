//! How the work grows with the host, counted in the instructions that SQLite runs.

use std::ffi::{c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, StepResult};

use crate::host::{add_owner, add_user, in_memory, in_memory_with, schema_with};

unsafe extern "C" fn count(instructions: *mut c_void) -> c_int {
    // SAFETY: the test keeps the counter alive while the handler is set.
    unsafe { *instructions.cast::<u64>() += 1 };
    0
}

/// What a backfill in small steps takes, for so many owners and twice as many users.
fn instructions(conn: &Connection, owners: usize) -> u64 {
    conn.execute_batch("BEGIN").unwrap();
    for number in 0..owners {
        add_owner(conn, &format!("User{number}"), "2026-01-21 00:00:00");
        add_user(conn, format!("NoOwner{number}"));
    }
    conn.execute_batch("COMMIT").unwrap();
    let mut instructions = 0_u64;
    // SAFETY: the connection is open, and the handler is gone before the counter is.
    unsafe {
        let counter = ptr::from_mut(&mut instructions).cast();
        ffi::sqlite3_progress_handler(conn.handle(), 1, Some(count), counter);
    }
    let mut backfill = Backfill::new(conn).unwrap();
    while backfill.step(20).unwrap() == StepResult::More {}
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    assert_eq!(backfill.report().created, owners as u64);
    instructions
}

#[test]
fn the_work_grows_with_users_and_facilitators_and_not_with_their_product() {
    let without_index =
        schema_with("CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);", "");
    for open in [&in_memory as &dyn Fn() -> Connection, &|| in_memory_with(&without_index)] {
        let (small, large) = (instructions(&open(), 500), instructions(&open(), 2_000));
        assert!(2 * large < 9 * small, "four times as much takes {large} instructions instead of {small}");
    }
}
