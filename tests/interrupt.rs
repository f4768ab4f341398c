//! An interrupt stops a call, whenever it comes.

mod host;

use std::thread;
use std::time::Duration;

use facilitator_markers::rusqlite::{InterruptHandle, ffi};
use facilitator_markers::{Backfill, Error, Progress, backfill_facilitator_markers};

use host::{File, add_owner, in_memory, markers};

const OWNERS: usize = 12_000;

fn file_with_owners(journal_mode: &str) -> File {
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}; BEGIN")).unwrap();
    (0..OWNERS).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21 10:00:00"));
    conn.execute_batch("COMMIT").unwrap();
    file
}

/// Interrupts as soon as another connection sees so many markers.
fn interrupt_at(file: &File, handle: InterruptHandle, seen: usize) -> impl FnOnce() + Send {
    let other = file.connect();
    move || {
        let count = "SELECT count(*) FROM reward_addresses";
        let is_seen =
            || other.query_row(count, [], |row| row.get::<_, i64>(0)).is_ok_and(|count| count >= seen as i64);
        while !is_seen() {
            thread::yield_now();
        }
        handle.interrupt();
    }
}

fn is_interrupt<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(error) if error.code() == ffi::SQLITE_INTERRUPT)
}

#[test]
fn one_call_is_stopped_at_whatever_moment_the_interrupt_comes() {
    for journal_mode in ["WAL", "DELETE"] {
        for round in 0..5 {
            let file = file_with_owners(journal_mode);
            let conn = file.connect();
            conn.busy_timeout(Duration::from_secs(60)).unwrap();
            let interrupt = interrupt_at(&file, conn.get_interrupt_handle(), 1 + 1_000 * round);
            let result = thread::scope(|scope| {
                scope.spawn(interrupt);
                backfill_facilitator_markers(&conn)
            });
            assert!(is_interrupt(&result), "{journal_mode} {round}: {result:?}");
            assert!(conn.is_autocommit());
            let done = markers(&conn).len();
            assert!((1..OWNERS).contains(&done), "{journal_mode} {round}: {done}");
            let report = backfill_facilitator_markers(&conn).unwrap();
            assert_eq!((report.created as usize, report.already_enrolled as usize), (OWNERS - done, done));
        }
    }
}

#[test]
fn a_pause_ends_at_an_interrupt() {
    let file = file_with_owners("WAL");
    let conn = file.connect();
    let interrupt = interrupt_at(&file, conn.get_interrupt_handle(), 1);
    let mut backfill = Backfill::new(&conn).unwrap();
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let result = thread::scope(|scope| {
        scope.spawn(interrupt);
        backfill.run_to_completion(500, week, None::<fn(Progress)>)
    });
    assert!(is_interrupt(&result), "{result:?}");
    // The same backfill goes on.
    let report = backfill.run_to_completion(500, Duration::ZERO, None::<fn(Progress)>).unwrap();
    assert_eq!((report.created as usize, markers(&conn).len()), (OWNERS, OWNERS));
}

#[test]
fn an_interrupt_between_two_steps_of_one_call_is_not_forgotten() {
    for in_transaction in [false, true] {
        let conn = in_memory();
        (0..20).for_each(|number| add_owner(&conn, &format!("User{number}"), "2026-01-21 10:00:00"));
        if in_transaction {
            conn.execute_batch("BEGIN").unwrap();
        }
        let handle = conn.get_interrupt_handle();
        let mut backfill = Backfill::new(&conn).unwrap();
        let mut steps = 0;
        let result = backfill.run_to_completion(
            5,
            Duration::ZERO,
            Some(|_| {
                steps += 1;
                handle.interrupt();
            }),
        );
        assert!(is_interrupt(&result), "{result:?}");
        // The first finds it in the pause, or the second at its begin.
        assert!(steps <= 2, "{steps} steps");
        assert_eq!(conn.is_autocommit(), !in_transaction);
    }
}
