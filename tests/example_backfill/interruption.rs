//! Ctrl-C in the middle of a backfill.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use facilitator_markers::rusqlite::Connection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::{Database, Run, example};

const OWNERS: usize = 20_000;

fn markers(conn: &Connection) -> usize {
    let count: i64 = conn.query_row("SELECT count(*) FROM reward_addresses", [], |row| row.get(0)).unwrap();
    count.try_into().unwrap()
}

/// A backfill of one owner per step. Ctrl-C reaches it, also where these tests run in the background.
fn slow_backfill(database: &Database) -> Child {
    Command::new("env")
        .arg("--default-signal=INT")
        .arg(example("backfill").get_program())
        .arg(database.path())
        .args(["--owners-per-step", "1", "--pause", "1", "--busy-timeout", "20"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for_a_marker(conn: &Connection, child: &mut Child) {
    while markers(conn) == 0 {
        if let Some(status) = child.try_wait().unwrap() {
            let mut text = String::new();
            child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            panic!("{status} before the first marker: {text}");
        }
    }
}

/// The number that follows `text` in `line`.
#[track_caller]
fn number_after(line: &str, text: &str) -> usize {
    let (_, rest) = line.split_once(text).unwrap_or_else(|| panic!("{text:?} is not in: {line}"));
    rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[test]
fn ctrl_c_says_what_was_kept_and_the_same_command_does_the_rest() {
    let database = Database::with_owners(OWNERS);
    let conn = database.connect();
    let mut child = slow_backfill(&database);
    wait_for_a_marker(&conn, &mut child);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.status, run.stdout.as_str()), (Some(130), ""), "{run:?}");
    let line = run.stderr.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n') && line.starts_with("backfill: interrupted; "), "{line}");
    assert!(line.ends_with("and the same command writes the rest"), "{line}");

    let kept = markers(&conn);
    let told = number_after(line, "at least ");
    assert!(0 < kept && kept < OWNERS, "it was stopped in the middle: {kept}");
    // The step that was running may have been committed, and another one while the line was printed.
    assert!(told <= kept && kept - told <= 2, "{kept}: {line}");
    assert!(
        database
            .backfill(&["--pause", "0"])
            .success()
            .contains(&format!("{}  markers written now", OWNERS - kept))
    );
    assert_eq!(markers(&conn), OWNERS);
}

#[test]
fn a_program_that_ctrl_c_does_not_reach_goes_on() {
    let database = Database::with_owners(300);
    let conn = database.connect();
    let mut child = Command::new("env")
        .arg("--ignore-signal=INT")
        .arg(example("backfill").get_program())
        .arg(database.path())
        .args(["--owners-per-step", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_a_marker(&conn, &mut child);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    Run::from(child.wait_with_output().unwrap()).success();
    assert_eq!(markers(&conn), 300);
}

#[test]
fn a_backfill_that_fails_in_the_middle_says_what_was_kept() {
    let database = Database::with_owners(OWNERS);
    let conn = database.connect();
    let mut child = slow_backfill(&database);
    wait_for_a_marker(&conn, &mut child);
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    let kept = number_after(run.failure(), "markers written before that: ");
    assert!(run.failure().contains("try again") && run.failure().contains("--busy-timeout"), "{run:?}");
    assert_eq!(kept, markers(&conn));
}
