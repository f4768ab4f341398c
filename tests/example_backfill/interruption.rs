//! Ctrl-C in the middle of a backfill.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;

use facilitator_markers::rusqlite::Connection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::{Database, Run, example};

const OWNERS: usize = 20_000;

fn markers(conn: &Connection) -> usize {
    let count: i64 = conn.query_row("SELECT count(*) FROM reward_addresses", [], |row| row.get(0)).unwrap();
    count.try_into().unwrap()
}

/// Starts the program on this database. Whether Ctrl-C reaches it doesn't depend on whether it reaches these tests.
fn start(database: &Database, ctrl_c: &str, options: &[&str]) -> Child {
    Command::new("env")
        .arg(format!("--{ctrl_c}-signal=INT"))
        .arg(example("backfill").get_program())
        .arg(database.path())
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// One owner per step, so that there is time to come in between.
const SLOWLY: [&str; 6] = ["--owners-per-step", "1", "--pause", "1", "--busy-timeout", "20"];

fn press_ctrl_c(child: &Child) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
}

/// The one line of a program that Ctrl-C has ended.
#[track_caller]
fn farewell(child: Child) -> String {
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.status, run.stdout.as_str()), (Some(130), ""), "{run:?}");
    let line = run.stderr.strip_prefix("backfill: interrupted; ").and_then(|rest| rest.strip_suffix('\n'));
    let line = line.unwrap_or_else(|| panic!("{run:?}"));
    assert!(!line.contains('\n'), "{run:?}");
    line.to_owned()
}

/// Gives the number of markers once there are some.
fn wait_for_markers(conn: &Connection, child: &mut Child) -> usize {
    loop {
        let seen = markers(conn);
        if seen >= 10 {
            return seen;
        }
        if let Some(status) = child.try_wait().unwrap() {
            let mut text = String::new();
            child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            panic!("{status} after {seen} markers: {text}");
        }
    }
}

/// Waits until the program catches the signal that Ctrl-C sends.
fn wait_until_it_listens(child: &mut Child) {
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (Signal::SIGINT as u64 - 1) != 0 {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it has ended: {status}");
        thread::yield_now();
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
    let mut child = start(&database, "default", &SLOWLY);
    let seen = wait_for_markers(&conn, &mut child);
    press_ctrl_c(&child);
    let line = farewell(child);
    assert!(line.ends_with("and the same command writes the rest"), "{line}");

    let kept = markers(&conn);
    let told = number_after(&line, "at least ");
    assert!(kept < OWNERS, "it was stopped in the middle");
    // It may have known nothing yet of the last marker that was seen, and more came until it ended.
    assert!(seen - 1 <= told && told <= kept, "{seen}, then {kept}: {line}");
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
    let mut child = start(&database, "ignore", &["--owners-per-step", "1"]);
    wait_for_markers(&conn, &mut child);
    press_ctrl_c(&child);
    Run::from(child.wait_with_output().unwrap()).success();
    assert_eq!(markers(&conn), 300);
}

#[test]
fn a_backfill_that_fails_in_the_middle_says_what_was_kept() {
    let database = Database::with_owners(OWNERS);
    let conn = database.connect();
    let mut child = start(&database, "default", &SLOWLY);
    wait_for_markers(&conn, &mut child);
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    let kept = number_after(run.failure(), "markers written before that: ");
    assert!(run.failure().contains("try again") && run.failure().contains("--busy-timeout"), "{run:?}");
    assert_eq!(kept, markers(&conn));
}

#[test]
fn ctrl_c_ends_what_waits_for_a_lock() {
    let database = Database::sample();
    let before = database.bytes();
    let conn = database.connect();
    conn.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for (option, said) in [
        (&["--dry-run"][..], "a dry run writes nothing"),
        (&[], "the markers committed so far stay (at least 0), and the same command writes the rest"),
        (&["--enroll", "Xk9"], "the same command says whether the marker was written"),
    ] {
        let mut child = start(&database, "default", &[option, &["--busy-timeout", "600000"]].concat());
        wait_until_it_listens(&mut child);
        press_ctrl_c(&child);
        assert_eq!(farewell(child), said);
    }
    drop(conn);
    assert_eq!(database.bytes(), before);
}
