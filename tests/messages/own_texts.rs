//! What stands in the place of SQLite's own text, where the library noticed what SQLite didn't.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, Error, backfill_facilitator_markers, create_facilitator_marker};

use crate::host::{add_owner, in_memory, in_memory_with, schema_with};

const DAY: &str = "2026-01-21 10:00:00";

/// What an authorizer has SQLite ignore: an action, and what its first argument is, if that matters.
type Ignored = (c_int, Option<&'static CStr>);

unsafe extern "C" fn ignore(
    ignored: *mut c_void,
    action: c_int,
    first: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    // SAFETY: what `with_authorizer` handed over, which outlives the calls.
    let (ignored, with) = unsafe { *ignored.cast::<Ignored>() };
    // SAFETY: SQLite passes a C string, or NULL where an action has no argument.
    let is_meant = with.is_none_or(|with| !first.is_null() && unsafe { CStr::from_ptr(first) } == with);
    if action == ignored && is_meant { ffi::SQLITE_IGNORE } else { ffi::SQLITE_OK }
}

/// What a call says where the host's authorizer has this ignored.
fn with_authorizer(mut ignored: Ignored, call: fn(&Connection) -> Result<(), Error>) -> String {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    // SAFETY: the connection is open, and what is handed over lives until the authorizer is taken off.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), Some(ignore), ptr::from_mut(&mut ignored).cast()) };
    let said = call(&conn).unwrap_err().to_string();
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), None, ptr::null_mut()) };
    said
}

/// Where rows are moved between any two steps.
fn in_a_circle() -> String {
    let conn = in_memory();
    (0..100).for_each(|number| add_owner(&conn, &format!("User{number}"), DAY));
    let mut backfill = Backfill::new(&conn).unwrap();
    loop {
        conn.execute_batch("VACUUM").unwrap();
        if let Err(error) = backfill.step(1) {
            return error.to_string();
        }
    }
}

/// A foreign key that would fail only with the commit.
fn of_a_deferred_foreign_key() -> String {
    let column =
        "verified_at TEXT, letter TEXT DEFAULT 'A' REFERENCES letters(letter) DEFERRABLE INITIALLY DEFERRED,";
    let conn = in_memory_with(&schema_with("verified_at         TEXT,", column));
    conn.execute_batch("CREATE TABLE letters(letter TEXT PRIMARY KEY)").unwrap();
    add_owner(&conn, "Ada", DAY);
    backfill(&conn).unwrap_err().to_string()
}

fn backfill(conn: &Connection) -> Result<(), Error> {
    backfill_facilitator_markers(conn).map(drop)
}

fn create(conn: &Connection) -> Result<(), Error> {
    create_facilitator_marker(conn, "Ada", DAY).map(drop)
}

/// A call that has written something that is to be undone.
fn create_what_is_removed(conn: &Connection) -> Result<(), Error> {
    conn.execute_batch(
        "CREATE TRIGGER gone AFTER INSERT ON reward_addresses BEGIN DELETE FROM reward_addresses WHERE id = new.id; END",
    )
    .unwrap();
    create(conn)
}

pub fn lines() -> Vec<String> {
    let (transaction, savepoint) = (ffi::SQLITE_TRANSACTION, ffi::SQLITE_SAVEPOINT);
    vec![
        with_authorizer((ffi::SQLITE_SELECT, None), backfill),
        with_authorizer((ffi::SQLITE_INSERT, Some(c"reward_addresses")), create),
        with_authorizer((savepoint, Some(c"BEGIN")), create),
        with_authorizer((savepoint, Some(c"RELEASE")), create),
        with_authorizer((transaction, Some(c"ROLLBACK")), create_what_is_removed),
        with_authorizer((savepoint, Some(c"ROLLBACK")), |conn| {
            conn.execute_batch("BEGIN").unwrap();
            create_what_is_removed(conn)
        }),
        with_authorizer((ffi::SQLITE_READ, Some(c"user")), backfill),
        in_a_circle(),
        of_a_deferred_foreign_key(),
    ]
}
