//! What another connection commits while a step runs.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, Error, Progress, StepResult};

use crate::host::{self, add_owner, add_reward_address, add_user};
use crate::{markers, right_markers};

/// What the other connection commits, in SQL, and the date of Bob's marker then.
const CHANGES: [(&str, Option<&str>); 5] = [
    (
        "UPDATE facilitators SET created_at = '2020-01-01 00:00:00' WHERE owner_address = 'bob'",
        Some("2020-01-01 00:00:00"),
    ),
    ("DELETE FROM facilitators WHERE owner_address = 'bob'", None),
    ("DELETE FROM \"user\" WHERE id = 'Bob'", None),
    ("INSERT INTO \"user\"(id, name, email) VALUES ('BOB', 'Robert', 'robert@example.org')", None),
    (
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, created_at)
         VALUES ('m', 'Bob', 'facilitator', '0x1', '2019-01-01 00:00:00')",
        Some("2019-01-01 00:00:00"),
    ),
];

/// Something that concerns nobody, after which what was read can't be written any more.
const HARMLESS: &str = "UPDATE facilitators SET name = hex(randomblob(8)) WHERE owner_address = 'cid'";

/// Every moment would take half a minute.
const MOMENTS_PASSED: usize = 5;

/// The other connection, which waits for its moment.
struct Other<'c> {
    conn: &'c Connection,
    change: &'static str,
    moments_to_go: u32,
    /// How many are left when it commits something harmless, so that the change comes to a second try.
    harmless_at: Option<u32>,
    has_committed: bool,
}

unsafe extern "C" fn come(other: *mut c_void) -> c_int {
    // SAFETY: the test keeps it alive while the handler is set, and uses it only afterwards.
    let other = unsafe { &mut *other.cast::<Other<'_>>() };
    other.moments_to_go = other.moments_to_go.wrapping_sub(1);
    if other.moments_to_go == 0 {
        // While the step has the write lock this is refused, and afterwards it would come too late.
        let is_written = markers(other.conn).contains_key("Bob");
        other.has_committed = !is_written && other.conn.execute_batch(other.change).is_ok();
    } else if Some(other.moments_to_go) == other.harmless_at {
        let _ = other.conn.execute_batch(HARMLESS);
    }
    0
}

/// Has the change committed at the given moment of a step that looks its owners up again, after so many
/// instructions of SQLite's. Gives whether the step took that long, and whether the change was committed.
fn commit_during_a_step(
    [conn, other]: &[Connection; 2],
    (change, bobs_date): (&'static str, Option<&str>),
    moment: u32,
    harmless_at: Option<u32>,
) -> (bool, bool) {
    other
        .execute_batch("BEGIN; DELETE FROM reward_addresses; DELETE FROM facilitators; DELETE FROM \"user\"")
        .unwrap();
    for id in ["Abe", "Ada", "Bob", "Cid", "Dan"] {
        add_owner(other, id, "2026-01-21 00:00:00");
    }
    other.execute_batch("COMMIT").unwrap();
    let mut backfill = Backfill::new(conn).unwrap();
    for step in 0.. {
        add_user(other, format!("Stranger{step}"));
        assert_eq!(backfill.step(1).unwrap(), StepResult::More);
        // From the second marker on, what was read is known to be outdated.
        if backfill.report().created == 2 {
            break;
        }
    }

    let mut other = Other { conn: other, change, moments_to_go: moment, harmless_at, has_committed: false };
    // SAFETY: the connection is open, and the handler is removed before what it uses goes.
    unsafe {
        ffi::sqlite3_progress_handler(conn.handle(), 1, Some(come), ptr::from_mut(&mut other).cast());
    }
    // The three owners that are left: of those that have to be looked up again, a step visits a quarter as many.
    let step = backfill.step(12);
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    step.unwrap();

    let mut right = right_markers(conn);
    right.remove("BOB");
    match bobs_date.filter(|_| other.has_committed) {
        Some(date) => right.insert("Bob".into(), date.into()),
        None if other.has_committed => right.remove("Bob"),
        None => None,
    };
    assert_eq!(markers(conn), right, "{change} at {moment}");
    (other.moments_to_go > moment, other.has_committed)
}

#[test]
fn a_marker_is_right_whatever_is_committed_while_its_step_runs() {
    for journal_mode in ["WAL", "DELETE"] {
        let file = host::File::new();
        let connections = [file.connect(), file.connect()];
        for conn in &connections {
            conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}; PRAGMA synchronous = OFF"))
                .unwrap();
        }
        for (change, is_second) in CHANGES.into_iter().flat_map(|change| [(change, false), (change, true)]) {
            let (mut committed, mut refused) = (0, 0);
            for moment in (1..).step_by(MOMENTS_PASSED) {
                let harmless_at = is_second.then_some(moment / 2);
                match commit_during_a_step(&connections, change, moment, harmless_at) {
                    (true, true) => committed += 1,
                    (true, false) => refused += 1,
                    (false, _) => break,
                }
            }
            assert!(committed > 0 && refused > 0, "{committed} committed, {refused} refused");
        }
    }
}

#[test]
fn an_owner_who_is_enrolled_or_deleted_between_steps_is_not_refused() {
    let conn = host::in_memory();
    for id in ["Ada", "Bob", "Cid", "Dan"] {
        add_owner(&conn, id, "2026-01-21 00:00:00");
    }
    for id in ["Bob", "Cid", "Dan"] {
        // In the place of each of these, as the read phase has it.
        add_reward_address(&conn, &format!("FACILITATOR_OWNER:{id}"), "Ada", "evm", &format!("0x{id}"));
    }
    let mut backfill = Backfill::new(&conn).unwrap();
    while backfill.report().created == 0 {
        assert_eq!(backfill.step(1).unwrap(), StepResult::More);
    }
    add_reward_address(&conn, "older", "Bob", "facilitator", "0x1");
    conn.execute("DELETE FROM \"user\" WHERE id = 'Cid'", []).unwrap();
    let error = backfill.run_to_completion(8, Duration::ZERO, None::<fn(Progress)>).unwrap_err();
    let Error::MarkerRefused { count: 1, first, report: Some(report) } = error else { panic!("{error:?}") };
    assert_eq!((first.user_id.as_str(), report.already_enrolled, report.owners), ("Dan", 1, 3));
}
