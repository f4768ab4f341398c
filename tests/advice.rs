//! Each failure says what to do about it, and does no harm if somebody does that.

mod host;

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, OpenFlags, ffi};
use facilitator_markers::{
    Backfill, Error, Missing, backfill_facilitator_markers, ensure_facilitator_marker, for_each_skipped_owner,
};
use host::{File, add_facilitator, add_owner, in_memory};

const DAY: &str = "2026-01-21 10:00:00";

unsafe extern "C" fn deny_inserts(
    _: *mut c_void,
    action: c_int,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    if action == ffi::SQLITE_INSERT { ffi::SQLITE_DENY } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn refuse_commit(_: *mut c_void) -> c_int {
    1
}

fn an_owner() -> Connection {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    conn
}

#[track_caller]
fn assert_advice(conn: &Connection, code: c_int, advice: &str) {
    for result in
        [backfill_facilitator_markers(conn).map(drop), ensure_facilitator_marker(conn, "Ada").map(drop)]
    {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(advice), "{error}");
        assert!(!error.is_retryable(), "{error}");
        assert!(conn.is_autocommit());
        assert_eq!(host::markers(conn), []);
    }
}

#[test]
fn an_authorizer_that_refuses_is_told_what_to_allow() {
    let conn = an_owner();
    // SAFETY: the connection is open, and the function uses nothing.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), Some(deny_inserts), ptr::null_mut()) };
    assert_advice(&conn, ffi::SQLITE_AUTH, "let it allow reading user, facilitators, reward_addresses");
}

#[test]
fn a_commit_hook_that_refuses_is_named() {
    let conn = an_owner();
    // SAFETY: as above.
    unsafe { ffi::sqlite3_commit_hook(conn.handle(), Some(refuse_commit), ptr::null_mut()) };
    assert_advice(&conn, ffi::SQLITE_CONSTRAINT_COMMITHOOK, "a commit hook of the host's refused the commit");
}

#[test]
fn a_host_that_has_given_its_rewards_up_is_told_to_drop_the_call() {
    let conn = an_owner();
    conn.execute_batch("DROP TABLE reward_addresses").unwrap();
    for result in [
        backfill_facilitator_markers(&conn).map(drop),
        ensure_facilitator_marker(&conn, "Ada").map(drop),
        for_each_skipped_owner(&conn, |_| {}),
    ] {
        let error = result.unwrap_err();
        assert!(
            error.to_string().ends_with("if the host has given its rewards up for good, drop the call"),
            "{error}"
        );
    }
}

#[test]
fn a_schema_that_changes_between_two_steps_is_told_by_what_it_lacks() {
    for (change, expected) in [
        ("DROP TABLE reward_addresses", Missing::Table("reward_addresses")),
        (
            "ALTER TABLE facilitators RENAME COLUMN owner_address TO owner",
            Missing::Column { table: "facilitators", column: "owner_address" },
        ),
    ] {
        for steps in 0..4 {
            let conn = in_memory();
            for id in ["Ada", "Bob", "Cid", "Dan"] {
                add_owner(&conn, id, DAY);
            }
            let mut backfill = Backfill::new(&conn).unwrap();
            for _ in 0..steps {
                let _ = backfill.step(1).unwrap();
            }
            let is_due = backfill.report().created == 0;
            conn.execute_batch(change).unwrap();
            let result = (0..20).try_for_each(|_| backfill.step(1).map(drop));
            match result.unwrap_err() {
                Error::MissingSchema { missing } => assert_eq!(missing, std::slice::from_ref(&expected)),
                other => panic!("{change} after {steps} steps, {is_due}: {other:?}"),
            }
        }
    }
}

#[test]
fn no_advice_deletes_a_facilitator_or_corrects_a_wallet() {
    let conn = in_memory();
    add_facilitator(&conn, "0x52a9f1c07be64d3389e0c5d7a41b6f20e98c3d15", DAY);
    let mut told = Vec::new();
    for_each_skipped_owner(&conn, |owner| told.push(owner.to_string())).unwrap();
    assert_eq!(
        told,
        [
            "owner_address \"0x52a9f1c07be64d3389e0c5d7a41b6f20e98c3d15\" names no user; if it was to name one, set it to that \
          user's id in lower case; a wallet's address may stand there for good, and needs nothing done"
        ]
    );
}

#[test]
fn a_file_that_can_only_be_read_is_to_be_opened_for_writing() {
    let file = File::new();
    add_owner(&file.connect(), "Ada", DAY);
    // Another connection keeps the WAL's index alive.
    let other = file.connect();
    let reader = Connection::open_with_flags(file.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let error = backfill_facilitator_markers(&reader).unwrap_err();
    assert!(error.to_string().contains("open the database for writing"), "{error}");
    drop(other);
}
