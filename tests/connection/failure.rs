//! What SQLite answers where a call can't go on.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::ffi;
use facilitator_markers::{Error, backfill_facilitator_markers};

use crate::host::{File, add_owner, add_user, in_memory, markers};
use crate::{DAY, WRITING_CALLS, count};

#[test]
fn a_full_database_undoes_the_step_and_says_so() {
    for transaction in [false, true] {
        let file = File::new();
        let conn = file.connect();
        for number in 0..500 {
            add_owner(&conn, &format!("User{number}"), DAY);
        }
        let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        conn.query_row(&format!("PRAGMA max_page_count = {}", pages + 20), [], |_| Ok(())).unwrap();
        if transaction {
            conn.execute_batch("BEGIN").unwrap();
            add_user(&conn, "Host");
        }
        let error = backfill_facilitator_markers(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_FULL, "{error}");
        assert!(error.to_string().contains("make room on the disk"), "{error}");
        let ended = matches!(error, Error::TransactionEnded { .. });
        assert_eq!(conn.is_autocommit(), !transaction || ended);
        if !conn.is_autocommit() {
            conn.execute_batch("COMMIT").unwrap();
        }
        let host_rows = i64::from(transaction && !ended);
        assert_eq!((count(&conn, "\"user\""), markers(&conn).len()), (500 + host_rows, 0));

        conn.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
        assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 500);
    }
}

#[test]
fn a_busy_database_is_an_error_and_the_call_can_be_repeated() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, other) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        other.execute_batch("COMMIT").unwrap();
        run(&conn).unwrap();
        assert_eq!(markers(&other).len(), 1, "{call}");
    }
}

#[test]
fn a_stale_snapshot_is_an_error_that_leaves_the_hosts_transaction() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, other) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch("BEGIN").unwrap();
        count(&conn, "\"user\"");
        add_user(&other, "Host");
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY_SNAPSHOT, "{call}: {error}");
        assert!(error.to_string().contains("BEGIN IMMEDIATE"), "{call}: {error}");
        assert!(!conn.is_autocommit(), "{call}");
        conn.execute_batch("ROLLBACK").unwrap();
        run(&conn).unwrap();
    }
}

#[test]
fn a_commit_that_fails_is_rolled_back() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch(
            "CREATE TABLE strict_log(user_id TEXT REFERENCES \"user\"(email) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER log AFTER INSERT ON reward_addresses BEGIN
                 INSERT INTO strict_log VALUES ('nobody');
             END;",
        )
        .unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        assert_eq!(markers(&conn).len(), 0, "{call}");
    }
}

#[test]
fn a_commit_that_a_reader_blocks_is_rolled_back_and_can_be_repeated() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, reader) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).ok();
        drop(reader);
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
        let reader = file.connect();
        let mut statement = reader.prepare("SELECT id FROM \"user\"").unwrap();
        let mut rows = statement.query([]).unwrap();
        rows.next().unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        drop(rows);
        run(&conn).unwrap();
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}

#[test]
fn a_transaction_that_could_not_be_ended_is_told_where_nothing_was_to_be_kept() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch(
            "CREATE TRIGGER refuse AFTER INSERT ON reward_addresses BEGIN SELECT raise(ABORT, 'no'); END",
        )
        .unwrap();
        // SAFETY: the connection is open, and nothing is given with the authorizer.
        unsafe { ffi::sqlite3_set_authorizer(conn.handle(), Some(ignore_rollback), ptr::null_mut()) };
        let error = run(&conn).unwrap_err();
        assert!(matches!(error, Error::NotUndone { .. }), "{call}: {error}");
        assert!(
            !conn.is_autocommit() && error.to_string().ends_with("ROLLBACK the transaction"),
            "{call}: {error}"
        );
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_set_authorizer(conn.handle(), None, ptr::null_mut()) };
        conn.execute_batch("ROLLBACK").unwrap();
        assert!(matches!(run(&conn), Err(Error::MarkerRefused { .. })) && conn.is_autocommit(), "{call}");
    }
}

/// Has SQLite make nothing of ROLLBACK.
unsafe extern "C" fn ignore_rollback(
    _: *mut c_void,
    action: c_int,
    what: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    // SAFETY: for a transaction, SQLite gives what is done.
    let ignores = action == ffi::SQLITE_TRANSACTION && unsafe { CStr::from_ptr(what) } == c"ROLLBACK";
    if ignores { ffi::SQLITE_IGNORE } else { ffi::SQLITE_OK }
}

#[test]
fn the_error_keeps_the_extended_code_of_a_connection_that_reports_primary_codes() {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    conn.execute_batch(
        "CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT raise(ABORT, 'no'); END",
    )
    .unwrap();
    // SAFETY: the connection is open, and the call changes nothing but what its results look like.
    unsafe { ffi::sqlite3_extended_result_codes(conn.handle(), 0) };
    for (call, run) in WRITING_CALLS {
        assert_eq!(run(&conn).unwrap_err().code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{call}");
    }
}
