//! What happens at the bounds.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, Error, Progress, StepResult, backfill_facilitator_markers};

use crate::bounds;
use crate::host::{add_owner, add_user, in_memory, in_memory_with, schema_with};

#[test]
fn a_step_visits_ten_thousand_owners_at_most() {
    let conn = in_memory();
    conn.execute_batch("BEGIN").unwrap();
    (0..11_500).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21"));
    conn.execute_batch("COMMIT").unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    let (mut most, mut visited, mut result) = (0, 0, StepResult::More);
    while result == StepResult::More {
        result = backfill.step(u64::MAX).unwrap();
        most = most.max(backfill.progress().owners_visited - visited);
        visited = backfill.progress().owners_visited;
    }
    assert_eq!(most, bounds()["OWNERS_AT_ONCE"]);
    assert_eq!(backfill.report().created, 11_500);
}

/// A host that turns the markers of all users whose ids begin with `No` away, when they are written.
fn host_that_refuses(ids: impl Iterator<Item = String>) -> Connection {
    let conn = in_memory_with(&schema_with(
        "address             TEXT NOT NULL",
        "address TEXT NOT NULL CHECK (address NOT LIKE '%:No%')",
    ));
    conn.execute_batch("BEGIN").unwrap();
    // One that is written shows that it isn't the schema.
    add_owner(&conn, "Ada", "2026-01-21");
    ids.for_each(|id| add_owner(&conn, &id, "2026-01-21"));
    conn.execute_batch("COMMIT").unwrap();
    conn
}

/// How many markers are refused, and how many of them are listed.
fn refused(conn: &Connection) -> (u64, u64) {
    let mut backfill = Backfill::new(conn).unwrap();
    let result = backfill.run_to_completion(10_000, Duration::ZERO, None::<fn(Progress)>);
    let Err(Error::MarkerRefused { count, .. }) = result else { panic!("{result:?}") };
    let mut listed = 0;
    backfill.for_each_skipped_owner(|_| listed += 1).unwrap();
    (count, listed)
}

#[test]
fn ten_thousand_refused_markers_are_listed_and_all_are_counted() {
    let conn = host_that_refuses((0..10_020).map(|number| format!("No{number}")));
    assert_eq!(refused(&conn), (10_020, bounds()["REMEMBERED"]));
}

#[test]
fn four_mebibytes_of_refused_ids_are_listed_and_all_are_counted() {
    const LENGTH: usize = 1 << 16;
    let conn = host_that_refuses((100..200).map(|number| format!("No{number}{}", "x".repeat(LENGTH))));
    let (count, listed) = refused(&conn);
    let most = bounds()["REMEMBERED_BYTES"] / LENGTH as u64;
    assert!(count == 100 && listed < most && listed + 2 >= most, "{listed} of {count}");
}

#[test]
fn reading_begins_again_a_hundred_times_at_most() {
    let conn = in_memory();
    (0..100).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21"));
    (0..100).for_each(|number| add_user(&conn, format!("Other{number}")));
    let mut backfill = Backfill::new(&conn).unwrap();
    let mut failed = None;
    // Rows may have other places after a VACUUM.
    for step in 0..1_000 {
        conn.execute_batch("VACUUM").unwrap();
        if let Err(error) = backfill.step(1) {
            failed = Some((step, error));
            break;
        }
    }
    let (step, error) = failed.expect("it ends");
    assert_eq!(error.code(), ffi::SQLITE_CORRUPT, "{error}");
    assert!(error.to_string().contains("the same rows come again and again"), "{error}");
    // One step notices, and the next one begins.
    let most = 2 * bounds()["MOST_RESTARTS"];
    assert!((most..most + 4).contains(&step), "{step}");
    // The next one isn't disturbed.
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().owners, 100);
}

/// What a connection has inserted since its last commit, and how much each commit kept.
#[derive(Default)]
struct Commits {
    open: u64,
    kept: Vec<u64>,
}

unsafe extern "C" fn on_insert(commits: *mut c_void, _: c_int, _: *const c_char, _: *const c_char, _: i64) {
    // SAFETY: what the test handed over, which outlives the hooks; nothing else uses it meanwhile.
    unsafe { (*commits.cast::<Commits>()).open += 1 };
}

unsafe extern "C" fn on_commit(commits: *mut c_void) -> c_int {
    // SAFETY: as above.
    let commits = unsafe { &mut *commits.cast::<Commits>() };
    commits.kept.push(std::mem::take(&mut commits.open));
    0
}

#[test]
fn one_call_commits_a_thousand_owners_first() {
    let conn = in_memory();
    (0..1_800).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21"));
    let mut commits = Commits::default();
    // SAFETY: the connection is open, and what is handed over is used here only once the hooks are taken off.
    unsafe {
        ffi::sqlite3_update_hook(conn.handle(), Some(on_insert), ptr::from_mut(&mut commits).cast());
        ffi::sqlite3_commit_hook(conn.handle(), Some(on_commit), ptr::from_mut(&mut commits).cast());
    }
    let report = backfill_facilitator_markers(&conn).unwrap();
    // SAFETY: the connection is open.
    unsafe {
        ffi::sqlite3_update_hook(conn.handle(), None, ptr::null_mut());
        ffi::sqlite3_commit_hook(conn.handle(), None, ptr::null_mut());
    }
    assert_eq!((report.created, commits.kept.iter().sum()), (1_800, 1_800));
    assert_eq!(commits.kept.first(), Some(&bounds()["FIRST_OWNERS"]), "{:?}", commits.kept);
}

unsafe extern "C" fn count_row(
    _: c_uint,
    rows: *mut c_void,
    statement: *mut c_void,
    _: *mut c_void,
) -> c_int {
    // SAFETY: the test keeps the number alive while it is traced; SQLite hands over a statement, which has a text.
    unsafe {
        let sql = CStr::from_ptr(ffi::sqlite3_sql(statement.cast())).to_bytes();
        let is_piece = sql.windows(12).any(|part| part == b"facilitators")
            && sql.windows(6).any(|part| part == b"LIMIT ");
        *rows.cast::<u64>() += u64::from(is_piece);
    }
    0
}

#[test]
fn a_step_reads_sixteen_rows_for_each_owner_that_it_may_visit() {
    for owners in [1, 2, 5] {
        let conn = in_memory();
        (0..100).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21"));
        let mut rows: u64 = 0;
        let mut backfill = Backfill::new(&conn).unwrap();
        // SAFETY: the connection is open, and the number is used here only when nothing is traced any more.
        unsafe {
            let rows = ptr::from_mut(&mut rows).cast();
            ffi::sqlite3_trace_v2(conn.handle(), ffi::SQLITE_TRACE_ROW as c_uint, Some(count_row), rows);
        }
        backfill.step(owners).unwrap();
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_trace_v2(conn.handle(), 0, None, ptr::null_mut()) };
        assert_eq!(rows, owners * bounds()["ROWS_PER_OWNER"], "a step of {owners}");
    }
}
