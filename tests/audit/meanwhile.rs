//! Others who write while a repair runs.

use std::ffi::{c_int, c_void};
use std::ptr;

use facilitator_markers::Repair;
use facilitator_markers::rusqlite::ffi;

use super::*;
use crate::host::{File, add_owner, reward_addresses};

/// What another connection commits, and what the marker is to be dated then; nothing where it is to be left alone.
const CHANGES: [(&str, Option<&str>); 5] = [
    (
        "UPDATE facilitators SET created_at = '2025-03-03 03:03:03' WHERE owner_address = 'late'",
        Some("2025-03-03 03:03:03"),
    ),
    ("UPDATE facilitators SET created_at = 'some day' WHERE owner_address = 'late'", None),
    ("UPDATE facilitators SET owner_address = 'other' WHERE owner_address = 'late'", None),
    ("INSERT INTO \"user\"(id, name, email) VALUES ('LATE', 'Somebody', 'late@example.org')", None),
    ("UPDATE reward_addresses SET created_at = '2026-01-01 00:00:00' WHERE id = 'm'", Some(FIRST_DAY)),
];

/// Commits a change once SQLite has done so many instructions.
struct Other<'c> {
    conn: &'c Connection,
    change: &'static str,
    moments_to_go: u32,
    has_come: bool,
    has_committed: bool,
}

unsafe extern "C" fn come(other: *mut c_void) -> c_int {
    // SAFETY: what was given with this handler, which nothing else uses while SQLite calls it.
    let other = unsafe { &mut *other.cast::<Other<'_>>() };
    other.moments_to_go = other.moments_to_go.saturating_sub(1);
    if other.moments_to_go == 0 && !other.has_come {
        other.has_come = true;
        // SQLite calls once more after a commit, when it is too late.
        let is_too_late = created_at(other.conn) != LATER;
        other.has_committed = !is_too_late && other.conn.execute_batch(other.change).is_ok();
    }
    0
}

fn created_at(conn: &Connection) -> String {
    conn.query_row("SELECT created_at FROM reward_addresses WHERE id = 'm'", [], |row| row.get(0)).unwrap()
}

/// Whether a step took so many instructions, and whether the change was committed meanwhile.
fn commit_during_a_step(
    [conn, other]: &[Connection; 2],
    (change, date): (&'static str, Option<&str>),
    moment: u32,
) -> (bool, bool) {
    other
        .execute_batch("BEGIN; DELETE FROM reward_addresses; DELETE FROM facilitators; DELETE FROM \"user\"")
        .unwrap();
    for id in ["Ada", "Late", "Zoe"] {
        add_owner(other, id, FIRST_DAY);
    }
    add_marker(other, "a", "Ada", FIRST_DAY);
    add_marker(other, "m", "Late", LATER);
    add_marker(other, "z", "Zoe", LATER);
    other.execute_batch("COMMIT").unwrap();
    let mut repair = Repair::new(conn).unwrap();
    let mut other =
        Other { conn: other, change, moments_to_go: moment, has_come: false, has_committed: false };
    // SAFETY: the connection is open, and the handler is removed before what it uses goes.
    unsafe {
        ffi::sqlite3_progress_handler(conn.handle(), 1, Some(come), ptr::from_mut(&mut other).cast());
    }
    let step = repair.step(100, |_| ());
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    step.unwrap();
    let right = if other.has_committed { date.unwrap_or(LATER) } else { FIRST_DAY };
    assert_eq!(created_at(conn), right, "{change} at {moment}");
    (other.has_come, other.has_committed)
}

#[test]
fn a_repair_is_right_whatever_is_committed_while_its_step_runs() {
    let file = File::new();
    let connections = [file.connect(), file.connect()];
    for conn in &connections {
        conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").unwrap();
    }
    for change in CHANGES {
        let (mut committed, mut refused) = (0, 0);
        for moment in (1..).step_by(5) {
            match commit_during_a_step(&connections, change, moment) {
                (true, true) => committed += 1,
                (true, false) => refused += 1,
                (false, _) => break,
            }
        }
        assert!(committed > 0 && refused > 0, "{committed} committed, {refused} refused: {change:?}");
    }
    assert_eq!(reward_addresses(&connections[0]).len(), 3);
}
