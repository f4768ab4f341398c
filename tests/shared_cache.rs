//! Connections that share a cache see each other's commits at once, also between the statements of one step.

mod host;

use std::ffi::{c_int, c_uint, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::{iter, ptr, thread};

use facilitator_markers::rusqlite::{Connection, OpenFlags, ffi};
use facilitator_markers::{
    Backfill, StepResult, backfill_facilitator_markers, ensure_facilitator_marker,
    preview_facilitator_markers,
};

use host::{SCHEMA, add_owner, markers};

/// What another connection commits, once, after so many statements.
struct Change<'c> {
    conn: &'c Connection,
    sql: &'static str,
    statements_to_go: u32,
    /// Whether it was committed while the last owner had no marker.
    came_in_time: bool,
}

unsafe extern "C" fn after_a_statement(
    _: c_uint,
    change: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
) -> c_int {
    // SAFETY: the test keeps it alive while the connection is traced.
    let change = unsafe { &mut *change.cast::<Change<'_>>() };
    change.statements_to_go = change.statements_to_go.wrapping_sub(1);
    if change.statements_to_go == 0 {
        // It is refused while a step holds a lock that is in its way.
        change.came_in_time =
            !has_marker(change.conn, "Zoe") && change.conn.execute_batch(change.sql).is_ok();
    }
    0
}

fn has_marker(conn: &Connection, user_id: &str) -> bool {
    let sql = "SELECT count(*) FROM reward_addresses WHERE user_id = ?1";
    conn.query_row(sql, [user_id], |row| row.get::<_, i64>(0)).is_ok_and(|count| count > 0)
}

fn open(name: &str) -> Connection {
    let uri = format!("file:{name}?mode=memory&cache=shared");
    Connection::open_with_flags(uri, OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI).unwrap()
}

fn run_all_steps(conn: &Connection) {
    let mut backfill = Backfill::new(conn).unwrap();
    loop {
        match backfill.step(1) {
            Ok(StepResult::More) => {}
            Ok(_) => return,
            // The other connection was faster with a lock.
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

fn ensure_last(conn: &Connection) {
    while let Err(error) = ensure_facilitator_marker(conn, "zoe") {
        assert!(error.is_retryable(), "{error}");
    }
}

/// The date of Zoe's marker after `call`, during which the change is committed after so many statements, and whether
/// it came in time; `None` where the call took fewer.
fn date_after(
    call: fn(&Connection),
    before: &str,
    sql: &'static str,
    statements: u32,
) -> Option<(Option<String>, bool)> {
    static CACHES: AtomicU32 = AtomicU32::new(0);
    let name = format!("commits{}", CACHES.fetch_add(1, Ordering::Relaxed));
    let (conn, other) = (open(&name), open(&name));
    conn.execute_batch(SCHEMA).unwrap();
    for id in ["Ada", "Bob", "Cid", "Zoe"] {
        add_owner(&conn, id, "2026-01-21 10:00:00");
    }
    other.execute_batch(before).unwrap();
    let mut change = Change { conn: &other, sql, statements_to_go: statements, came_in_time: false };
    // SAFETY: the connection is open, and the change is used here only when nothing is traced any more.
    unsafe {
        let data = ptr::from_mut(&mut change).cast();
        ffi::sqlite3_trace_v2(
            conn.handle(),
            ffi::SQLITE_TRACE_PROFILE as c_uint,
            Some(after_a_statement),
            data,
        );
    }
    call(&conn);
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_trace_v2(conn.handle(), 0, None, ptr::null_mut()) };
    if change.statements_to_go > 0 && change.statements_to_go <= statements {
        return None;
    }
    let date = markers(&conn).into_iter().find(|(user_id, _)| user_id == "Zoe").map(|(_, date)| date);
    Some((date, change.came_in_time))
}

const EARLIER: &str =
    "UPDATE facilitators SET created_at = '2020-01-01 00:00:00' WHERE owner_address = 'zoe'";
const LATER: &str = "UPDATE facilitators SET created_at = '2026-02-02 00:00:00' WHERE owner_address = 'zoe'";
const GONE: &str = "DELETE FROM \"user\" WHERE id = 'Zoe'";

#[test]
fn a_marker_is_right_whenever_another_connection_commits() {
    for call in [run_all_steps, ensure_last] {
        for (sql, expected) in
            [(EARLIER, Some("2020-01-01 00:00:00")), (LATER, Some("2026-02-02 00:00:00")), (GONE, None)]
        {
            let mut in_time = 0;
            for statements in 1.. {
                let Some((date, came_in_time)) = date_after(call, "", sql, statements) else { break };
                if came_in_time {
                    in_time += 1;
                    assert_eq!(date.as_deref(), expected, "after {statements} statements: {sql}");
                }
            }
            assert!(in_time > 0, "{sql}");
        }
    }
}

fn ensure_last_in_a_transaction(conn: &Connection) {
    conn.execute_batch("PRAGMA read_uncommitted = true; BEGIN").unwrap();
    ensure_last(conn);
    conn.execute_batch("COMMIT").unwrap();
}

fn backfill_in_a_transaction(conn: &Connection) {
    conn.execute_batch("PRAGMA read_uncommitted = true; BEGIN").unwrap();
    while let Err(error) = backfill_facilitator_markers(conn) {
        assert!(error.is_retryable(), "{error}");
    }
    conn.execute_batch("COMMIT").unwrap();
}

#[test]
fn what_another_connection_takes_back_dates_no_marker() {
    for call in [ensure_last_in_a_transaction, backfill_in_a_transaction] {
        let mut in_time = 0;
        for statements in 1.. {
            let before = format!("BEGIN; {EARLIER}");
            let Some((date, came_in_time)) = date_after(call, &before, "ROLLBACK", statements) else { break };
            if came_in_time {
                in_time += 1;
                assert_eq!(date.as_deref(), Some("2026-01-21 10:00:00"), "after {statements} statements");
            }
            if in_time == 100 {
                break;
            }
        }
        assert!(in_time > 0);
    }
}

/// A rollback of a transaction that changed a schema, be it that of TEMP, ends the reads of all connections.
#[test]
fn a_rollback_elsewhere_that_ends_the_librarys_reads_is_worth_a_retry() {
    let (conn, other) = (open("rolls_back"), open("rolls_back"));
    conn.execute_batch(SCHEMA).unwrap();
    for number in 0..300 {
        add_owner(&conn, &format!("User{number}"), "2026-01-21 10:00:00");
    }
    let is_seen = AtomicBool::new(false);
    let error = thread::scope(|scope| {
        let is_seen = &is_seen;
        scope.spawn(move || {
            while !is_seen.load(Ordering::Relaxed) {
                other.execute_batch("BEGIN; CREATE TEMP TABLE more (x); ROLLBACK").unwrap();
            }
        });
        let error = iter::repeat_with(|| preview_facilitator_markers(&conn).err()).flatten().next().unwrap();
        is_seen.store(true, Ordering::Relaxed);
        error
    });
    assert_eq!(error.code(), ffi::SQLITE_ABORT_ROLLBACK, "{error}");
    assert!(error.is_retryable() && error.to_string().ends_with("rolled back; try again"), "{error}");
    assert_eq!(preview_facilitator_markers(&conn).unwrap().report.created, 300);
}
