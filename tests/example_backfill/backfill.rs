//! A backfill of an existing database, and the dry run.

use std::process::Stdio;
use std::time::Duration;
use std::{fs, thread};

use crate::json::{BACKFILL, DRY_RUN, counts};
use crate::program::{Database, Run, example};

/// Cleo had her marker before.
const ENROLLED: [(&str, &str); 3] = [
    ("0fGspaZTjdakZoro1uKAxen0eKsLw9sQ", "2026-02-01 00:00:00"),
    ("Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy", "2026-01-05 10:00:00"),
    ("pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I", "2026-01-21 00:00:00"),
];

#[track_caller]
fn assert_enrolled(database: &Database) {
    let markers = database.markers();
    assert!(markers.iter().map(|(id, date)| (id.as_str(), date.as_str())).eq(ENROLLED), "{markers:#?}");
}

#[test]
fn every_owner_gets_a_marker() {
    let database = Database::sample();
    let output = database.backfill(&[]).success();
    assert!(output.starts_with(&format!("Backfill of {}, ", database.path().display())), "{output}");
    assert!(output.contains("\ncreated               2  markers written now\n"), "{output}");
    assert_enrolled(&database);
}

#[test]
fn the_size_of_the_steps_and_the_pause_change_nothing() {
    for options in [["--owners-per-step", "1", "--pause", "0"], ["--owners-per-step", "3", "--pause", "7"]] {
        let database = Database::sample();
        database.backfill(&options).success();
        assert_enrolled(&database);
    }
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    let database = Database::sample();
    assert_eq!(counts(&database.backfill(&["--json"]).success(), BACKFILL), [4, 2, 1, 1, 0, 1, 1, 2]);
    let before = database.bytes();
    assert_eq!(counts(&database.backfill(&["--json"]).success(), BACKFILL), [4, 0, 3, 1, 0, 1, 1, 2]);
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_dry_run_writes_nothing() {
    let database = Database::sample();
    let before = database.bytes();
    let output = database.backfill(&["--dry-run"]).success();
    assert!(output.starts_with("Dry run on ") && output.contains("nothing was written"), "{output}");
    assert!(output.contains("\ncreated               2  markers to be written\n"), "{output}");
    assert_eq!(
        counts(&database.backfill(&["--dry-run", "--json"]).success(), DRY_RUN),
        [4, 2, 1, 1, 0, 1, 1, 2]
    );
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_dry_run_writes_nothing_in_wal_mode_either() {
    let database = Database::sample();
    let other = database.connect();
    other.execute_batch("PRAGMA journal_mode = WAL; UPDATE \"user\" SET name = name || '.'").unwrap();
    let wal = database.path().with_extension("db-wal");
    let before = (database.bytes(), fs::read(&wal).unwrap());
    assert!(!before.1.is_empty());
    assert_eq!(
        counts(&database.backfill(&["--dry-run", "--json"]).success(), DRY_RUN),
        [4, 2, 1, 1, 0, 1, 1, 2]
    );
    assert_eq!((database.bytes(), fs::read(&wal).unwrap()), before);
}

#[test]
fn a_dry_run_works_on_a_read_only_file() {
    let database = Database::sample();
    database.forbid_writing();
    assert_eq!(
        counts(&database.backfill(&["--dry-run", "--json"]).success(), DRY_RUN),
        [4, 2, 1, 1, 0, 1, 1, 2]
    );
}

#[test]
fn a_backfill_with_nothing_to_write_works_on_a_read_only_file() {
    let database = Database::sample();
    database.backfill(&[]).success();
    database.forbid_writing();
    assert_eq!(counts(&database.backfill(&["--json"]).success(), BACKFILL), [4, 0, 3, 1, 0, 1, 1, 2]);
}

#[test]
fn a_dry_run_works_while_another_connection_writes() {
    let database = Database::sample();
    let writer = database.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(
        counts(&database.backfill(&["--dry-run", "--json"]).success(), DRY_RUN),
        [4, 2, 1, 1, 0, 1, 1, 2]
    );
}

#[test]
fn it_waits_for_another_connection_that_writes() {
    let database = Database::sample();
    let writer = database.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = thread::scope(|scope| {
        let waiting = scope.spawn(|| database.backfill(&[]));
        thread::sleep(Duration::from_millis(300));
        writer.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap()
    });
    run.success();
    assert_enrolled(&database);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let database = Database::sample();
    let mut child = example("backfill")
        .arg(database.path())
        .arg("--explain")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    Run::from(child.wait_with_output().unwrap()).success();
    assert_enrolled(&database);
}
