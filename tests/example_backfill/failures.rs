//! Each way to fail: exit status 1, and one line on standard error that says what to do.

use std::fs;

use crate::host::{SCHEMA, schema_with};
use crate::json::{BACKFILL, counts};
use crate::program::{Database, Run, SAMPLE, backfill, example};

/// That it failed without printing anything else, and that its line says all of this.
#[track_caller]
fn assert_fails(run: &Run, expected: &[&str]) {
    let line = run.failure();
    assert!(line.starts_with("backfill: "), "{line}");
    for text in expected {
        assert!(line.contains(text), "{text:?} is not in: {line}");
    }
    assert_eq!(run.stdout, "");
}

/// That it fails, with this and the database's path in its line, and leaves the file as it was.
#[track_caller]
fn assert_refuses(database: &Database, options: &[&str], expected: &[&str]) {
    let before = database.bytes();
    let run = database.backfill(options);
    assert_fails(&run, expected);
    assert_fails(&run, &[&database.path().display().to_string()]);
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_missing_file_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.db").display().to_string();
    for options in [&[][..], &["--dry-run"], &["--json"]] {
        let run = backfill(&[&[path.as_str()], options].concat());
        assert_fails(&run, &[&path, "pass the path of the host's database"]);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_path_of_two_lines_takes_one() {
    assert_fails(&backfill(&["no such\nhost.db"]), &["no such host.db: "]);
}

#[test]
fn a_folder_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let run = backfill(&[folder.path()]);
    assert_fails(&run, &[&folder.path().display().to_string(), "not a file", "pass the path"]);
}

#[test]
fn a_file_of_something_else_is_no_database() {
    for text in ["Dear diary,\n".to_owned(), "Dear diary,\n".repeat(1_000)] {
        let database = Database::of_bytes(text.as_bytes());
        for options in [&[][..], &["--dry-run"], &["--json"]] {
            assert_refuses(
                &database,
                options,
                &["file is not a database", "check that the file is the host's database"],
            );
        }
    }
}

#[test]
fn an_empty_file_lacks_all_tables() {
    let database = Database::of_bytes(b"");
    let lacks =
        "lacks table user, table facilitators, table reward_addresses: run the host's migrations first";
    assert_refuses(&database, &[], &[lacks]);
    assert_refuses(&database, &["--dry-run"], &[lacks]);
}

#[test]
fn a_missing_column_is_named() {
    let database = Database::with(&[SCHEMA, SAMPLE, "ALTER TABLE reward_addresses DROP COLUMN verified_at"]);
    assert_refuses(&database, &[], &["lacks column reward_addresses.verified_at", "migrations"]);
}

#[test]
fn a_missing_unique_constraint_is_named() {
    let schema = schema_with(
        "created_at          TEXT NOT NULL DEFAULT (datetime('now')),\n    UNIQUE (user_id, address)",
        "created_at TEXT",
    );
    let database = Database::with(&[&schema, SAMPLE]);
    assert_refuses(
        &database,
        &[],
        &["lacks unique constraint reward_addresses(user_id, address)", "migrations"],
    );
}

#[test]
fn a_locked_database_can_be_tried_again() {
    let database = Database::sample();
    let before = database.bytes();
    let other = database.connect();
    for (lock, doing) in [("BEGIN IMMEDIATE", "beginning to write"), ("BEGIN EXCLUSIVE", "reading")] {
        other.execute_batch(lock).unwrap();
        let run = database.backfill(&["--busy-timeout", "20"]);
        assert_fails(
            &run,
            &["host.db: ", doing, "database is locked (SQLite code 5)", "try again", "--busy-timeout"],
        );
        other.execute_batch("ROLLBACK").unwrap();
    }
    drop(other);
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_read_only_file_stays_as_it_is() {
    let database = Database::sample();
    database.forbid_writing();
    assert_refuses(&database, &[], &["readonly database", "SQLite code 8", "a user who may write the file"]);
}

#[test]
fn an_older_check_is_quoted_on_one_line() {
    let schema = schema_with("('solana', 'evm', 'stacks', 'facilitator')", "(\n    'solana',\n    'evm'\n)");
    let rows = SAMPLE.replace("'facilitator', 'FACILITATOR_OWNER:", "'evm', '0x");
    let database = Database::with(&[&schema, &rows]);
    let check = "CHECK (chain_type IN ( 'solana', 'evm' ))";
    let run = database.backfill(&[]);
    let migrate = "run the host's migration that lets chain_type be 'facilitator'";
    assert!([check, migrate].iter().all(|text| run.failure().contains(text)), "{run:?}");
    assert_eq!(database.markers().len(), 0);
}

#[test]
fn a_damaged_file_is_to_be_checked() {
    let mut bytes = Database::sample().bytes();
    bytes[4096..].fill(0xff);
    assert_refuses(&Database::of_bytes(&bytes), &[], &["malformed", "PRAGMA integrity_check"]);
}

#[test]
fn a_refused_marker_is_reported_after_the_others_are_written() {
    let blocking = "INSERT INTO reward_addresses (id, user_id, chain_type, address) VALUES \
                    ('FACILITATOR_OWNER:pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I', '80aAPzKVPQsZP9qYO3nvXJvanD9gjypU', 'evm', '0x1')";
    let database = Database::with(&[SCHEMA, SAMPLE, blocking]);
    let expected = ["1 marker is refused", "pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I", "change that row's id"];

    let before = database.bytes();
    let preview = database.backfill(&["--dry-run"]).success();
    assert!(preview.contains("\ncreated               1  markers to be written\n"), "{preview}");
    assert!(preview.contains("\nrefused               1  left out: the database doesn't take"), "{preview}");
    assert_eq!(database.bytes(), before);

    let run = database.backfill(&["--explain"]);
    assert!(run.stdout.contains("\ncreated               1  markers written now\n"), "{run:?}");
    assert!(run.stdout.contains("\nrefused: for user \"pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I\""), "{run:?}");
    assert!(expected.iter().all(|text| run.failure().contains(text)), "{run:?}");
    assert_eq!(database.markers().len(), 2);

    let again = database.backfill(&["--json"]);
    assert_eq!(counts(&again.stdout, BACKFILL), [4, 0, 2, 1, 1, 1, 1, 2]);
    again.failure();
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = Run::from(example("backfill").stdout(full).output().unwrap());
    assert_fails(&run, &["the output could not be written"]);
}
