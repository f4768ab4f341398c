//! The example on an existing database.

use std::process::Stdio;
use std::time::Duration;
use std::{fs, thread};

use serde_json::Value;

use crate::host::SCHEMA;
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

/// The counts of the object that `--json` prints, in the order of the table, once all of it is found to be
/// right.
#[track_caller]
fn counts(output: &str) -> [u64; 7] {
    let line = output.strip_suffix('\n').expect("the line is ended");
    assert!(!line.contains('\n'), "one line: {output}");
    let Value::Object(summary) = serde_json::from_str(line).expect("the line is JSON") else {
        panic!("not an object: {line}")
    };
    let names = [
        "owners",
        "created",
        "already_enrolled",
        "unreadable_date",
        "unknown_users",
        "ambiguous_users",
        "unreadable_dates",
    ];
    assert_eq!(summary.len(), names.len() + 1, "{line}");
    assert!(summary["elapsed_ms"].is_u64(), "{line}");
    names.map(|name| summary[name].as_u64().unwrap_or_else(|| panic!("{name} is no whole number: {line}")))
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
    assert_eq!(counts(&database.backfill(&["--json"]).success()), [4, 2, 1, 1, 1, 1, 2]);
    let before = database.bytes();
    assert_eq!(counts(&database.backfill(&["--json"]).success()), [4, 0, 3, 1, 1, 1, 2]);
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_dry_run_writes_nothing() {
    let database = Database::sample();
    let before = database.bytes();
    let output = database.backfill(&["--dry-run"]).success();
    assert!(output.starts_with("Dry run on ") && output.contains("nothing was written"), "{output}");
    assert!(output.contains("\ncreated               2  markers to be written\n"), "{output}");
    assert_eq!(counts(&database.backfill(&["--dry-run", "--json"]).success()), [4, 2, 1, 1, 1, 1, 2]);
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
    assert_eq!(counts(&database.backfill(&["--dry-run", "--json"]).success()), [4, 2, 1, 1, 1, 1, 2]);
    assert_eq!((database.bytes(), fs::read(&wal).unwrap()), before);
}

#[test]
fn a_dry_run_works_on_a_read_only_file() {
    let database = Database::sample();
    database.forbid_writing();
    assert_eq!(counts(&database.backfill(&["--dry-run", "--json"]).success()), [4, 2, 1, 1, 1, 1, 2]);
}

#[test]
fn a_backfill_with_nothing_to_write_works_on_a_read_only_file() {
    let database = Database::sample();
    database.backfill(&[]).success();
    database.forbid_writing();
    assert_eq!(counts(&database.backfill(&["--json"]).success()), [4, 0, 3, 1, 1, 1, 2]);
}

#[test]
fn a_dry_run_works_while_another_connection_writes() {
    let database = Database::sample();
    let writer = database.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(counts(&database.backfill(&["--dry-run", "--json"]).success()), [4, 2, 1, 1, 1, 1, 2]);
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
fn explain_lists_each_owner_that_is_left_out() {
    let database = Database::sample();
    for options in [&["--dry-run", "--explain"][..], &["--explain"]] {
        let output = database.backfill(options).success();
        let (_, list) = output.split_once("\n\nLeft out, and what to do:\n").expect("there is a list");
        assert_explained(list);
    }
}

#[test]
fn with_json_the_explanations_go_to_standard_error() {
    let Run { status, stdout, stderr } = Database::sample().backfill(&["--explain", "--json"]);
    assert_eq!(status, Some(0));
    assert_eq!(counts(&stdout), [4, 2, 1, 1, 1, 1, 2]);
    assert_explained(stderr.strip_prefix("Left out, and what to do:\n").expect("there is a list"));
}

#[track_caller]
fn assert_explained(list: &str) {
    let mut lines: Vec<_> = list.lines().collect();
    lines.sort_unstable();
    let expected = [
        ("ambiguous_user: ", "jbl7dwthmqt8yjibak7za1lwvrkpgmxb", "ensure_facilitator_marker"),
        ("unreadable_date: ", "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB", "YYYY-MM-DD HH:MM:SS"),
        ("unknown_user: ", "dsvusvzsgpoppgdzupux7jddwfs4oohh", "set it to the id of the user"),
    ];
    assert_eq!(lines.len(), expected.len(), "{list}");
    for (line, (reason, whom, advice)) in lines.into_iter().zip(expected) {
        assert!(line.starts_with(reason) && line.contains(whom) && line.contains(advice), "{line}");
    }
}

#[test]
fn explain_says_so_if_nobody_is_left_out() {
    let output = Database::with(&[SCHEMA]).backfill(&["--explain"]).success();
    assert!(output.ends_with("\nLeft out, and what to do:\nnobody\n"), "{output}");
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
