//! Interrupts within the host's transaction.

use std::ffi::{c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Error, backfill_facilitator_markers, for_each_skipped_owner, preview_facilitator_markers,
};

use crate::host::{add_owner, add_user, in_memory, markers};
use crate::{DAY, WRITING_CALLS, count};

/// Interrupts the first write that comes to the marker's trigger.
fn interrupt_while_writing(conn: &Connection) {
    let handle = conn.get_interrupt_handle();
    conn.create_scalar_function("interrupt", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        handle.interrupt();
        Ok(0)
    })
    .unwrap();
    conn.execute_batch(
        "CREATE TRIGGER interrupted AFTER INSERT ON reward_addresses BEGIN
             SELECT interrupt();
             SELECT max(number) FROM (
                 WITH RECURSIVE numbers(number) AS (
                     VALUES (1) UNION ALL SELECT number + 1 FROM numbers WHERE number < 1000
                 ) SELECT number FROM numbers
             );
         END",
    )
    .unwrap();
}

#[test]
fn an_interrupted_write_ends_the_hosts_transaction() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        interrupt_while_writing(&conn);
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
        assert!(matches!(error, Error::Sqlite { .. }) && conn.is_autocommit(), "{call}: {error:?}");

        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
        assert!(matches!(error, Error::TransactionEnded { .. }) && conn.is_autocommit(), "{call}: {error:?}");

        conn.execute_batch("DROP TRIGGER interrupted").unwrap();
        run(&conn).unwrap();
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}

/// Interrupts every statement that does more than a little, or stops doing so.
fn interrupt_whatever_runs(conn: &Connection, on: bool) {
    unsafe extern "C" fn always(_: *mut c_void) -> c_int {
        1
    }
    let handler = on.then_some(always as unsafe extern "C" fn(*mut c_void) -> c_int);
    // SAFETY: the connection is open, and the handler uses nothing.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 1_000, handler, ptr::null_mut()) };
}

#[test]
fn an_interrupted_read_leaves_the_hosts_transaction() {
    let conn = in_memory();
    for number in 0..2_000 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    for transaction in [false, true] {
        if transaction {
            conn.execute_batch("BEGIN").unwrap();
            add_user(&conn, "Host");
        }
        interrupt_whatever_runs(&conn, true);
        for (call, result) in [
            ("backfill", backfill_facilitator_markers(&conn).map(drop)),
            ("preview", preview_facilitator_markers(&conn).map(drop)),
            ("skipped", for_each_skipped_owner(&conn, |_| {})),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
            assert_eq!(conn.is_autocommit(), !transaction, "{call}");
        }
        interrupt_whatever_runs(&conn, false);
    }
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!((count(&conn, "\"user\""), markers(&conn).len()), (2_001, 0));
}
