//! What a repair mends.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::time::Duration;

use facilitator_markers::rusqlite::ffi;
use facilitator_markers::{Error, Repair, StepResult};

use super::*;
use crate::host::{File, SCHEMA, add_owner, in_memory, in_memory_with, reward_addresses};

#[test]
fn a_repair_mends_what_nobody_has_to_guess_and_finds_nothing_the_second_time() {
    let conn = host_with_all();
    let before = reward_addresses(&conn);
    let changes = repaired(&conn);
    assert_eq!(changes.iter().map(|change| change.marker_id.as_str()).collect::<Vec<_>>(), ["2", "3", "4"]);
    assert_eq!(
        audited(&conn),
        ["6: duplicate", "7: orphan", "8: not_an_owner", "9: dated_early"],
        "what is for the host to decide"
    );
    assert!(repaired(&conn).is_empty());
    for change in &changes {
        assert_eq!(conn.execute(&change.undo, []).unwrap(), 1, "{}", change.undo);
    }
    assert_eq!(reward_addresses(&conn), before);
}

#[test]
fn a_change_tells_the_old_and_the_new_values() {
    let conn = host_with_all();
    let changes = repaired(&conn);
    let late = &changes[0];
    let created_at = late.created_at.as_ref().unwrap();
    assert_eq!(
        (created_at.old.as_str(), created_at.new.as_str()),
        ("'2026-01-22 09:00:00'", "'2025-06-01 10:00:00'")
    );
    assert!(late.verification_status.is_none() && late.verified_at.is_none());
    let pending = &changes[2];
    assert_eq!(pending.verification_status.as_ref().unwrap().old, "'pending'");
    assert_eq!(pending.verified_at.as_ref().unwrap().old, "NULL");
    assert!(pending.created_at.is_none());
    assert_eq!(
        late.to_string(),
        "marker \"2\" of user \"Late\" now has the created_at '2025-06-01 10:00:00' instead of '2026-01-22 09:00:00'"
    );
}

#[test]
fn what_somebody_changed_since_is_not_undone() {
    let conn = host_with_all();
    let changes = repaired(&conn);
    conn.execute("UPDATE reward_addresses SET created_at = '2025-01-01 00:00:00' WHERE id = '2'", [])
        .unwrap();
    assert_eq!(conn.execute(&changes[0].undo, []).unwrap(), 0);
}

#[test]
fn what_somebody_changed_since_is_not_undone_where_the_host_takes_both_for_the_same() {
    let schema = SCHEMA.replace(" TEXT NOT NULL", " TEXT COLLATE NOCASE NOT NULL");
    for column in ["user_id", "address", "chain_type", "verification_status"] {
        let conn = in_memory_with(&schema);
        conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        add_owner(&conn, "Late", FIRST_DAY);
        add_marker(&conn, "1", "Late", LATER);
        let changes = repaired(&conn);
        let sql = format!("UPDATE reward_addresses SET {column} = upper({column})");
        assert_eq!(conn.execute(&sql, []).unwrap(), 1, "{column}");
        assert_eq!(conn.execute(&changes[0].undo, []).unwrap(), 0, "{column}");
    }
}

#[test]
fn steps_of_any_size_mend_all() {
    for size in [1, 3, 100] {
        let conn = in_memory();
        for number in 0..40 {
            let id = format!("User{number}");
            add_owner(&conn, &id, FIRST_DAY);
            add_marker(&conn, &id, &id, if number % 4 == 0 { FIRST_DAY } else { LATER });
        }
        let mut repair = Repair::new(&conn).unwrap();
        let mut changes = 0;
        while repair.step(size, |_| changes += 1).unwrap() == StepResult::More {}
        let report = repair.report();
        assert_eq!((report.markers, report.repaired, report.refused, changes), (40, 30, 0, 30), "{size}");
        assert!(repair.progress().is_done);
        assert!(audited(&conn).is_empty());
    }
}

#[test]
fn one_refused_change_keeps_no_other_from_being_made() {
    for (trigger, code) in [
        ("BEFORE UPDATE ON reward_addresses WHEN old.id = '2' BEGIN SELECT raise(ABORT, 'no'); END", "no"),
        ("BEFORE UPDATE ON reward_addresses WHEN old.id = '2' BEGIN SELECT raise(ROLLBACK, 'no'); END", "no"),
        (
            "BEFORE UPDATE ON reward_addresses WHEN old.id = '2' BEGIN SELECT raise(IGNORE); END",
            "didn't keep",
        ),
        (
            "AFTER UPDATE ON reward_addresses WHEN new.id = '2' AND new.created_at <> 'x'
             BEGIN UPDATE reward_addresses SET created_at = 'x' WHERE id = '2'; END",
            "didn't keep",
        ),
    ] {
        let conn = host_with_all();
        conn.execute_batch(&format!("CREATE TRIGGER refuses {trigger}")).unwrap();
        let mut changes = Vec::new();
        let error = repair_facilitator_markers(&conn, |change| changes.push(change.marker_id)).unwrap_err();
        let Error::RepairRefused { count: 1, first, report } = &error else { panic!("{error}") };
        assert_eq!((first.user_id.as_str(), report.repaired, report.refused), ("Late", 2, 1));
        assert!(error.to_string().contains(code), "{error}");
        changes.sort();
        changes.dedup();
        assert_eq!(changes, ["3", "4"], "{trigger}");
        assert_eq!(audited(&conn)[0], "2: dated_late");
        assert!(conn.is_autocommit());
    }
}

#[test]
fn in_the_hosts_transaction_a_repair_is_undone_with_it() {
    let conn = host_with_all();
    let before = reward_addresses(&conn);
    conn.execute_batch("BEGIN").unwrap();
    assert_eq!(repaired(&conn).len(), 3);
    assert!(!conn.is_autocommit());
    conn.execute_batch("ROLLBACK").unwrap();
    assert_eq!(reward_addresses(&conn), before);
}

#[test]
fn a_change_is_told_before_it_is_committed() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    add_owner(&conn, "Late", FIRST_DAY);
    add_marker(&conn, "1", "Late", LATER);
    let created_at = || {
        let sql = "SELECT created_at FROM reward_addresses";
        other.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let mut seen = Vec::new();
    repair_facilitator_markers(&conn, |_| seen.push(created_at())).unwrap();
    assert_eq!(seen, [LATER]);
    assert_eq!(created_at(), FIRST_DAY);
}

#[test]
fn a_repair_that_has_nothing_to_mend_takes_no_lock() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    add_owner(&conn, "Right", FIRST_DAY);
    add_marker(&conn, "1", "Right", FIRST_DAY);
    let before = file.bytes();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(repaired(&conn).is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(file.bytes(), before);
}

#[test]
fn a_busy_database_is_an_error_and_the_repair_can_be_continued() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    add_owner(&conn, "Late", FIRST_DAY);
    add_marker(&conn, "1", "Late", LATER);
    let mut repair = Repair::new(&conn).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = repair.run_to_completion(100, Duration::ZERO, |_| ()).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(repair.run_to_completion(100, Duration::ZERO, |_| ()).unwrap().repaired, 1);
}

#[test]
fn a_conflict_clause_of_the_hosts_removes_no_row() {
    let unique = "UNIQUE (user_id, address), UNIQUE (chain_type, created_at) ON CONFLICT REPLACE";
    let conn = host::in_memory_with(&host::schema_with("UNIQUE (user_id, address)", unique));
    add_owner(&conn, "Right", FIRST_DAY);
    add_owner(&conn, "Late", FIRST_DAY);
    add_marker(&conn, "1", "Right", FIRST_DAY);
    add_marker(&conn, "2", "Late", LATER);
    let before = reward_addresses(&conn);
    let error = repair_facilitator_markers(&conn, |change| panic!("{change}")).unwrap_err();
    assert!(matches!(error, Error::RepairRefused { count: 1, .. }), "{error}");
    assert_eq!(reward_addresses(&conn), before);
}

#[test]
fn an_authorizer_that_keeps_a_column_as_it_is_makes_no_change_told() {
    let conn = host_with_all();
    // SAFETY: the connection is open, and nothing is given with the authorizer.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), Some(keep_dates), ptr::null_mut()) };
    let mut told = Vec::new();
    let error = repair_facilitator_markers(&conn, |change| told.push(change.marker_id)).unwrap_err();
    assert!(matches!(error, Error::RepairRefused { count: 2, .. }), "{error}");
    assert_eq!(told, ["4"]);
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), None, ptr::null_mut()) };
    assert_eq!(audited(&conn).iter().filter(|name| name.contains("dated_late")).count(), 2);
}

/// Has SQLite leave `created_at` as it is, and say that it was changed.
unsafe extern "C" fn keep_dates(
    _: *mut c_void,
    action: c_int,
    _: *const c_char,
    column: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    // SAFETY: for an UPDATE, SQLite gives the column's name.
    let keeps = action == ffi::SQLITE_UPDATE && unsafe { CStr::from_ptr(column) } == c"created_at";
    if keeps { ffi::SQLITE_IGNORE } else { ffi::SQLITE_OK }
}
