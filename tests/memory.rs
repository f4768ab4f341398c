//! Memory: long ids take no more of it than many short ones, and where there is none left, the call fails and the process
//! goes on.
//!
//! The allocator of this program counts what Rust code has, and can be told to fail.

mod host;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex};

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner, preview_facilitator_markers,
};

use host::{add_facilitator, add_owner, add_user, in_memory, markers};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST_HELD: AtomicUsize = AtomicUsize::new(0);
/// Large allocations until one fails; none does where it isn't positive.
static LEFT: AtomicI64 = AtomicI64::new(0);
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// What is smaller has a size that no host's data decide.
const LARGE: usize = 32 << 10;

// SAFETY: the system's allocator, which is asked for as much as this is asked for, or not at all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE && LEFT.load(Relaxed) > 0 && LEFT.fetch_sub(1, Relaxed) == 1 {
            HAS_FAILED.store(true, Relaxed);
            return ptr::null_mut();
        }
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST_HELD.fetch_max(held, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The counters are the whole program's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn id_of(number: usize, length: usize) -> String {
    format!("User{number:04}{}", "x".repeat(length))
}

fn due_owners(conn: &Connection) -> Result<(), Error> {
    for_each_due_owner(conn, |owner| drop(owner))
}

fn skipped_owners(conn: &Connection) -> Result<(), Error> {
    for_each_skipped_owner(conn, |owner| drop(owner))
}

fn steps(conn: &Connection) -> Result<(), Error> {
    let mut backfill = Backfill::new(conn)?;
    while backfill.step(10_000)? == StepResult::More {}
    Ok(())
}

type Call = fn(&Connection) -> Result<(), Error>;

/// The calls that read or write everything.
const CALLS: [(&str, Call); 5] = [
    ("preview", |conn| preview_facilitator_markers(conn).map(drop)),
    ("due owners", due_owners),
    ("skipped owners", skipped_owners),
    ("backfill", |conn| backfill_facilitator_markers(conn).map(drop)),
    ("steps", steps),
];

/// How many bytes `work` holds at once at most, beyond what was held before.
fn most_held(work: impl FnOnce()) -> usize {
    let before = HELD.load(Relaxed);
    MOST_HELD.store(before, Relaxed);
    work();
    MOST_HELD.load(Relaxed) - before
}

#[test]
fn twelve_mebibytes_of_long_ids_are_held_a_few_at_a_time() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    for owners in [1, 48] {
        let conn = in_memory();
        for number in 0..48 {
            let id = id_of(number, 256 << 10);
            if number < owners {
                add_owner(&conn, &id, "2026-01-21 10:00:00");
            } else {
                add_user(&conn, &id);
            }
        }
        for (name, call) in CALLS {
            conn.execute_batch("DELETE FROM reward_addresses").unwrap();
            let held = most_held(|| call(&conn).unwrap());
            assert!(held < 9 << 20, "{name} of {owners} owners: {held} bytes");
            if ["backfill", "steps"].contains(&name) {
                assert_eq!(markers(&conn).len(), owners);
            }
        }
    }
}

/// The length of values for which memory can be short.
const LONG: usize = 40 << 10;

fn long_id(number: usize) -> String {
    id_of(number, LONG)
}

/// Every kind of owner, with long ids, dates and addresses.
fn host_with_long_values() -> Connection {
    let conn = in_memory();
    for number in 0..4 {
        add_owner(&conn, &long_id(number), "2026-01-21 10:00:00");
    }
    add_owner(&conn, &long_id(20), &"soon".repeat(LONG / 4));
    add_facilitator(&conn, "nobody".repeat(LONG / 6), "2026-01-21");
    add_facilitator(&conn, vec![7_u8; LONG], "2026-01-21");
    let ambiguous = "same".repeat(LONG / 4);
    add_owner(&conn, &ambiguous, "2026-01-21");
    add_user(&conn, ambiguous.to_uppercase());
    conn
}

#[test]
fn where_memory_is_short_a_call_fails_and_the_next_one_does_the_rest() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    // Made while there is memory.
    static ID: LazyLock<[String; 2]> = LazyLock::new(|| [long_id(3), long_id(3).to_lowercase()]);
    LazyLock::force(&ID);
    let one_marker: [(&str, Call); 2] = [
        ("ensure", |conn| ensure_facilitator_marker(conn, &ID[1]).map(drop)),
        ("create", |conn| create_facilitator_marker(conn, &ID[0], "2026-01-21").map(drop)),
    ];
    for (name, call) in CALLS.into_iter().chain(one_marker) {
        for begin in ["", "BEGIN"] {
            let mut failures = 0;
            for nth in 1.. {
                let conn = host_with_long_values();
                conn.execute_batch(begin).unwrap();
                HAS_FAILED.store(false, Relaxed);
                LEFT.store(nth, Relaxed);
                let result = call(&conn);
                LEFT.store(0, Relaxed);
                if !HAS_FAILED.load(Relaxed) {
                    result.unwrap();
                    break;
                }
                failures += 1;
                if let Err(error) = result {
                    assert_eq!(error.code(), ffi::SQLITE_NOMEM, "{name}, allocation {nth}: {error}");
                }
                assert_eq!(conn.is_autocommit(), begin.is_empty(), "{name}, allocation {nth}");
                backfill_facilitator_markers(&conn).unwrap();
                assert_eq!(markers(&conn).len(), 4, "{name}, allocation {nth}");
            }
            assert!(failures > 3, "{name}: {failures}");
        }
    }
}
