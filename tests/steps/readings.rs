//! How often a backfill reads each table.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, StepResult};

use crate::host::{add_owner, in_memory};

unsafe extern "C" fn note(
    _: c_uint,
    statements: *mut c_void,
    statement: *mut c_void,
    _: *mut c_void,
) -> c_int {
    // SAFETY: the test keeps the list alive while it is traced; SQLite hands over a statement, which has a text.
    unsafe {
        let sql = CStr::from_ptr(ffi::sqlite3_sql(statement.cast())).to_string_lossy().into_owned();
        (*statements.cast::<Vec<String>>()).push(sql);
    }
    0
}

/// The statements of a backfill in steps that are large enough for everything.
fn statements(conn: &Connection) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    // SAFETY: the connection is open, and the list is used here only when nothing is traced any more.
    unsafe {
        let list = ptr::from_mut(&mut statements).cast();
        ffi::sqlite3_trace_v2(conn.handle(), ffi::SQLITE_TRACE_STMT as c_uint, Some(note), list);
    }
    let mut backfill = Backfill::new(conn).unwrap();
    while backfill.step(u64::MAX).unwrap() == StepResult::More {}
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_trace_v2(conn.handle(), 0, None, ptr::null_mut()) };
    statements
}

/// How many statements begin to read this table from end to end, and how many count its rows.
fn readings(statements: &[String], table: &str) -> (usize, usize) {
    let reads = |sql: &&String| {
        let is_of_table = sql.starts_with("SELECT") && sql.contains(&format!("FROM main.{table}"));
        let goes_on_or_looks_up = sql.contains("(?1)") || sql.contains("= ?1");
        is_of_table && !goes_on_or_looks_up && !sql.ends_with("LIMIT 1")
    };
    let counts = |sql: &&String| sql.contains("count(*)");
    let all = statements.iter().filter(reads).count();
    let counting = statements.iter().filter(reads).filter(counts).count();
    (all - counting, counting)
}

#[test]
fn each_table_is_read_once_and_facilitators_are_counted_first() {
    let conn = in_memory();
    (0..200).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21 00:00:00"));
    let statements = statements(&conn);
    assert_eq!(
        readings(&statements, "\"facilitators\"").0 + readings(&statements, "facilitators").0,
        1,
        "{statements:#?}"
    );
    assert_eq!(readings(&statements, "facilitators").1, 1);
    assert_eq!(readings(&statements, "\"user\""), (1, 0));
    assert_eq!(readings(&statements, "\"reward_addresses\""), (1, 0));
}

#[test]
fn users_are_read_once_more_where_their_ids_take_more_than_four_mebibytes() {
    let conn = in_memory();
    let long = "x".repeat(50_000);
    (0..100).for_each(|number| add_owner(&conn, &format!("User{number}{long}"), "2026-01-21 00:00:00"));
    let statements = statements(&conn);
    assert_eq!(readings(&statements, "\"user\""), (2, 0));
    assert_eq!(readings(&statements, "\"reward_addresses\""), (1, 0));
}
