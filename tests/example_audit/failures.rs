//! Each way to fail: exit status 1, and one line on standard error that says what to do.

use std::fs;
#[cfg(target_os = "linux")]
use std::process::Command;

use crate::database::{SAMPLE, sample};
use crate::host::SCHEMA;
use crate::program::{Database, Run, example, run};

#[track_caller]
fn assert_fails(run: &Run, expected: &[&str]) {
    let line = run.failure();
    assert!(line.starts_with("audit: "), "{line}");
    for text in expected {
        assert!(line.contains(text), "{text:?} is not in: {line}");
    }
}

#[test]
fn a_file_of_something_else_is_no_undo_log_and_stays_as_it_is() {
    let database = sample();
    let before = database.bytes();
    let entry = "{\"id\":\"m1\",\"user_id\":\"x\",\"created_at\":{\"old\":\"'a'\",\"new\":\"'b'\"},\"undo\":";
    for (text, line) in [
        ("Dear diary,\n", 1),
        ("Dear diary, without an end", 1),
        ("{\"kind\":\"finding\"}\n", 1),
        ("[]\n", 1),
        ("\n", 1),
        ("{}\n{}\n", 1),
        (&format!("{entry}\"DROP TABLE reward_addresses\"}}\n"), 1),
        (&format!("{entry}\"UPDATE main.reward_addresses SET created_at = 'a'\"}}\nDear diary,\n"), 2),
        (&String::from_utf8_lossy(&before), 1),
    ] {
        let log = database.beside("undo.jsonl");
        fs::write(&log, text).unwrap();
        let expected =
            format!("undo.jsonl: line {line} is of something else than an undo log; pass the path of one");
        for run in [database.repair_with_log(&[]), database.undo(&[])] {
            assert_fails(&run, &[&expected]);
            assert_eq!(run.stdout, "");
        }
        assert_eq!(fs::read_to_string(&log).unwrap(), text);
        assert_eq!(database.bytes(), before, "{text:?}");
    }
}

#[test]
fn a_folder_is_no_undo_log_and_a_missing_one_can_not_be_undone() {
    let database = sample();
    let folder = database.path().parent().unwrap().to_owned();
    for option in [&["--repair", "--undo-log"][..], &["--undo"]] {
        let run = run(example("audit").arg(database.path()).args(option).arg(&folder));
        assert_fails(&run, &["something else than an undo log"]);
    }
    assert_fails(&database.undo(&[]), &["undo.jsonl", "the undo log has to be a file that can be read"]);
    assert!(!database.beside("undo.jsonl").exists());
}

#[test]
fn a_locked_database_can_be_tried_again() {
    let database = sample();
    let before = database.rows();
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = database.repair_with_log(&["--busy-timeout", "20"]);
    assert_fails(&run, &["host.db: ", "database is locked", "try again", "--busy-timeout"]);
    other.execute_batch("ROLLBACK").unwrap();
    database.repair_with_log(&[]).left_wrong();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_fails(&database.undo(&["--busy-timeout", "20"]), &["database is locked", "--busy-timeout"]);
    other.execute_batch("ROLLBACK").unwrap();
    database.undo(&[]).success();
    assert_eq!(database.rows(), before);
}

#[test]
fn a_database_without_transactions_has_no_cost() {
    let database = Database::with(&[SCHEMA, SAMPLE, "DROP TABLE transactions"]);
    database.audit(&[]).left_wrong();
    let run = database.audit(&["--cost"]);
    assert_fails(&run, &["no such table: main.transactions; --cost needs the host's table transactions"]);
}

#[test]
fn what_is_no_database_of_a_host_is_said() {
    let lacks = "lacks table user, table facilitators, table reward_addresses";
    for options in [&[][..], &["--repair"]] {
        assert_fails(&Database::of_bytes(b"").audit(options), &[lacks]);
        let run = Database::of_bytes(b"Dear diary,\n").audit(options);
        assert_fails(&run, &["check that the file is the host's database"]);
    }
}

/// Where the log can't be added to, the change isn't committed. Here the shell lets no file become longer.
#[cfg(target_os = "linux")]
#[test]
fn what_can_not_be_logged_is_not_changed() {
    let database = sample();
    database.repair_with_log(&[]).left_wrong();
    database.undo(&[]).success();
    let (before, log) = (database.rows(), database.log().repeat(200));
    fs::write(database.beside("undo.jsonl"), &log).unwrap();
    // The blocks of some shells have 512 bytes, those of others 1024.
    assert!(database.bytes().len() < 300 * 512 && log.len() > 300 * 1024, "{}", log.len());
    let run = run(Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 300; exec \"$@\"", "sh"])
        .arg(example("audit").get_program())
        .arg(database.path())
        .args(["--repair", "--undo-log"])
        .arg(database.beside("undo.jsonl")));
    assert_fails(&run, &["undo.jsonl: ", "the undo log has to be a file that can be read and written"]);
    assert_eq!(database.rows(), before);
    assert_eq!(database.log(), log);
    database.repair_with_log(&[]).left_wrong();
}
