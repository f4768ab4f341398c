//! What was not lent is not touched.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, StepResult};

use crate::host::{File, add_owner, in_memory, markers};
use crate::{DAY, WRITING_CALLS, add_every_kind_of_owner, calls_with_nothing_to_write};

#[test]
fn between_steps_nothing_is_open() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    for number in 0..50 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    let mut backfill = Backfill::new(&conn).unwrap();
    loop {
        // SAFETY: both only look at the connection, which is open.
        let (statement, state) = unsafe {
            let handle = conn.handle();
            (
                ffi::sqlite3_next_stmt(handle, ptr::null_mut()),
                ffi::sqlite3_txn_state(handle, c"main".as_ptr()),
            )
        };
        assert!(statement.is_null(), "a statement is open");
        assert_eq!(state, ffi::SQLITE_TXN_NONE, "a snapshot lives on");
        // A reader would keep this from emptying the WAL, and a writer from taking the lock.
        let busy = "PRAGMA wal_checkpoint(TRUNCATE)";
        assert_eq!(other.query_row(busy, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        other.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
        if backfill.step(3).unwrap() == StepResult::Done {
            break;
        }
    }
    assert_eq!(backfill.report().created, 50);
}

/// What SQLite's authorizer is told: the action's code, and what it is about.
type Action = (c_int, String);

unsafe extern "C" fn note_action(
    actions: *mut c_void,
    code: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    let about = if code == ffi::SQLITE_FUNCTION { second } else { first };
    // SAFETY: the test hands over its vector and outlives this; SQLite hands over a string or NULL.
    unsafe {
        let about = if about.is_null() { c"" } else { CStr::from_ptr(about) };
        (*actions.cast::<Vec<Action>>()).push((code, about.to_string_lossy().into_owned()));
    }
    ffi::SQLITE_OK
}

#[test]
fn only_the_three_tables_are_read_and_only_markers_are_written() {
    let conn = in_memory();
    add_every_kind_of_owner(&conn);
    let mut actions: Vec<Action> = Vec::new();
    // SAFETY: the vector is used here only when the authorizer is gone again.
    unsafe {
        ffi::sqlite3_set_authorizer(conn.handle(), Some(note_action), ptr::from_mut(&mut actions).cast());
    }
    for (_, run) in WRITING_CALLS {
        run(&conn).unwrap();
    }
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("BEGIN").unwrap();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("ROLLBACK").unwrap();
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), None, ptr::null_mut()) };

    let pragmas = [
        "table_list",
        "table_xinfo",
        "index_list",
        "index_info",
        "index_xinfo",
        "encoding",
        "database_list",
        "read_uncommitted",
        "schema_version",
        "foreign_keys",
        "foreign_key_list",
    ];
    // datetime is in the host's own defaults.
    let functions = ["count", "datetime"];
    for (code, about) in &actions {
        let about = about.as_str();
        let allowed = match *code {
            ffi::SQLITE_READ => {
                ["user", "facilitators", "reward_addresses", "sqlite_master", "sqlite_schema"]
                    .contains(&about)
            }
            ffi::SQLITE_INSERT => about == "reward_addresses",
            ffi::SQLITE_PRAGMA => pragmas.contains(&about),
            ffi::SQLITE_FUNCTION => functions.contains(&about),
            ffi::SQLITE_SELECT | ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => true,
            _ => false,
        };
        assert!(allowed, "action {code} on {about:?}");
    }
    assert!(actions.contains(&(ffi::SQLITE_INSERT, "reward_addresses".to_owned())));
}

#[test]
fn the_hosts_settings_stay_as_they_are() {
    let settings = |conn: &Connection| {
        [
            "busy_timeout",
            "foreign_keys",
            "synchronous",
            "cache_size",
            "journal_mode",
            "recursive_triggers",
            "data_version",
        ]
        .map(|name| {
            conn.query_row(&format!("PRAGMA {name}"), [], |row| Ok(format!("{:?}", row.get_ref(0)?))).unwrap()
        })
    };
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch(
        "PRAGMA busy_timeout = 123; PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF",
    )
    .unwrap();
    add_every_kind_of_owner(&conn);
    let before = settings(&conn);
    for (_, run) in WRITING_CALLS {
        run(&conn).unwrap();
    }
    calls_with_nothing_to_write(&conn);
    assert_eq!(settings(&conn), before);
}

#[test]
fn a_host_that_counts_changes_in_rows_is_served() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch("PRAGMA count_changes = ON").unwrap();
        run(&conn).unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}
