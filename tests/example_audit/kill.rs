//! A repair that is ended in its middle.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::database::with_wrong_markers;
use crate::json::objects;
use crate::program::{Database, Run, example};

const OWNERS: usize = 5_000;

/// So many lines that several steps have been committed, and most are to come.
const LINES: usize = 100;

/// Whether Ctrl-C reaches it doesn't depend on whether it reaches these tests.
fn start_repair(database: &Database) -> Child {
    Command::new("env")
        .arg("--default-signal=INT")
        .arg(example("audit").get_program())
        .arg(database.path())
        .args(["--repair", "--undo-log"])
        .arg(database.beside("undo.jsonl"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the log has so many lines.
fn wait_for_lines(database: &Database, child: &mut Child) {
    let lines =
        || fs::read(database.beside("undo.jsonl")).unwrap_or_default().split(|byte| *byte == b'\n').count();
    while lines() < LINES {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        thread::yield_now();
    }
}

fn changed(before: &[String], after: &[String]) -> usize {
    after.iter().filter(|row| before.binary_search(row).is_err()).count()
}

#[test]
fn whatever_a_killed_repair_has_changed_can_be_undone() {
    let database = with_wrong_markers(OWNERS);
    let before = database.rows();
    let mut child = start_repair(&database);
    wait_for_lines(&database, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();

    let changed = changed(&before, &database.rows());
    assert!(0 < changed && changed < OWNERS, "it was killed in the middle: {changed}");
    let Run { status, stdout, .. } = database.undo(&["--json-lines"]);
    assert_eq!(status, Some(0), "{stdout}");
    let (rows, report) = objects(&stdout);
    assert_eq!(report["put_back"].as_u64().unwrap(), changed as u64);
    assert_eq!(
        rows.len() as u64,
        report["put_back"].as_u64().unwrap() + report["as_it_was"].as_u64().unwrap()
    );
    assert_eq!(database.rows(), before);
}

#[test]
fn after_a_kill_the_same_command_does_the_rest_and_all_of_it_can_be_undone() {
    let database = with_wrong_markers(400);
    let before = database.rows();
    let mut child = start_repair(&database);
    wait_for_lines(&database, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let run = database.repair_with_log(&[]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(changed(&before, &database.rows()), 400);
    let run = database.undo(&[]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(database.rows(), before);
}

/// Each row is committed for itself: what is undone when it is killed stays so.
#[test]
fn a_killed_undoing_is_finished_by_the_same_command() {
    let database = with_wrong_markers(1_000);
    let before = database.rows();
    let run = database.repair_with_log(&[]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let mut child = example("audit")
        .arg(database.path())
        .arg("--undo")
        .arg(database.beside("undo.jsonl"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let conn = database.connect();
    let changed = || {
        let sql = "SELECT count(*) FROM reward_addresses WHERE created_at = '2026-01-21 10:00:00'";
        conn.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()
    };
    while changed() > 990 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(changed() > 0, "it was killed in the middle");
    let run = database.undo(&[]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(database.rows(), before);
}

#[test]
fn ctrl_c_says_what_was_kept() {
    let database = with_wrong_markers(OWNERS);
    let before = database.rows();
    let mut child = start_repair(&database);
    wait_for_lines(&database, &mut child);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.status, Some(130), "{run:?}");
    let (_, rest) =
        run.stderr.split_once("audit: interrupted; the changes committed so far stay (at least ").unwrap();
    let told: usize = rest.split(')').next().unwrap().parse().unwrap();
    let kept = changed(&before, &database.rows());
    assert!(0 < told && told <= kept && kept < OWNERS, "{kept}: {run:?}");
}
