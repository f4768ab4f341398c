//! A repair that is interrupted, wherever that is.

use std::ffi::{c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::ffi;

use super::*;
use crate::host::{add_owner, in_memory, reward_addresses};

unsafe extern "C" fn interrupt(moments_to_go: *mut c_void) -> c_int {
    // SAFETY: what was given with this handler, which nothing else uses while SQLite calls it.
    let moments_to_go = unsafe { &mut *moments_to_go.cast::<u32>() };
    *moments_to_go = moments_to_go.saturating_sub(1);
    c_int::from(*moments_to_go == 1)
}

/// Whether a call fails that SQLite interrupts after so many instructions; nothing where it doesn't take so long.
fn is_interrupted<T>(
    conn: &Connection,
    mut moment: u32,
    call: impl FnOnce() -> Result<T, facilitator_markers::Error>,
) -> Option<bool> {
    // SAFETY: the connection is open, and the handler is removed before what it uses goes.
    unsafe {
        ffi::sqlite3_progress_handler(conn.handle(), 1, Some(interrupt), ptr::from_mut(&mut moment).cast())
    };
    let result = call();
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    // SAFETY: the same; the statements are only asked for.
    let statement = unsafe { ffi::sqlite3_next_stmt(conn.handle(), ptr::null_mut()) };
    assert!(statement.is_null(), "a statement is left");
    if let Err(error) = &result {
        assert_eq!(error.code() & 0xff, ffi::SQLITE_INTERRUPT, "{error}");
    }
    (moment <= 1).then_some(result.is_err())
}

fn host() -> Connection {
    let conn = in_memory();
    for id in ["Ada", "Bob", "Zoe"] {
        add_owner(&conn, id, FIRST_DAY);
        add_row(&conn, id, id, &format!("FACILITATOR_OWNER:{id}"), "pending", LATER);
    }
    conn
}

#[test]
fn an_interrupt_at_any_moment_undoes_a_step_and_loses_nothing() {
    for in_transaction in [false, true] {
        let mut interrupted = 0;
        for moment in (2..).step_by(3) {
            let conn = host();
            let before = reward_addresses(&conn);
            if in_transaction {
                conn.execute_batch("BEGIN").unwrap();
            }
            let repair = || repair_facilitator_markers(&conn, |_| ());
            let Some(has_failed) = is_interrupted(&conn, moment, repair) else { break };
            if has_failed {
                interrupted += 1;
                // SQLite rolls the whole transaction back where it interrupts a write.
                assert_eq!(reward_addresses(&conn), before, "{moment}");
            }
            if in_transaction && !conn.is_autocommit() {
                conn.execute_batch("COMMIT").unwrap();
            }
            // An interrupt before the call has begun, or when all is done, is nobody's.
            assert_eq!(repaired(&conn).len(), if has_failed { 3 } else { 0 }, "{moment}");
            assert!(audited(&conn).is_empty());
        }
        assert!(interrupted > 100, "{interrupted}");
    }
}

#[test]
fn an_interrupt_at_any_moment_ends_an_audit() {
    let conn = host();
    let mut interrupted = 0;
    for moment in (2..).step_by(3) {
        let audit = || audit_facilitator_markers(&conn, |_| ());
        let Some(has_failed) = is_interrupted(&conn, moment, audit) else { break };
        interrupted += u32::from(has_failed);
    }
    assert!(interrupted > 50, "{interrupted}");
}
