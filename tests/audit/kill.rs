//! A process that is killed in the middle of a repair.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use facilitator_markers::Repair;

use super::*;
use crate::host::{File, add_owner, reward_addresses};

/// The environment variable that tells the process to be killed which database it works on.
const DATABASE: &str = "FACILITATOR_MARKERS_KILL_DATABASE";

/// Not a test of its own: what the process to be killed runs. It writes how to undo each change before that is committed.
#[test]
fn victim() {
    let Some(path) = env::var_os(DATABASE) else { return };
    let conn = Connection::open(path).unwrap();
    let mut repair = Repair::new(&conn).unwrap();
    repair.run_to_completion(7, Duration::ZERO, |change| eprintln!("{}", change.undo)).unwrap();
}

#[test]
fn what_a_killed_repair_changed_is_undone_by_what_it_told() {
    for round in 0..10 {
        let file = File::new();
        let conn = file.connect();
        conn.execute_batch("BEGIN").unwrap();
        for number in 0..400 {
            let id = format!("User{number}");
            add_owner(&conn, &id, FIRST_DAY);
            add_marker(&conn, &id, &id, LATER);
        }
        conn.execute_batch("COMMIT").unwrap();
        let before = reward_addresses(&conn);
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "kill::victim", "--nocapture"])
            .env(DATABASE, file.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Each round waits for another change.
        let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut told: Vec<_> = lines.by_ref().take(10 + round * 31).collect();
        victim.kill().unwrap();
        victim.wait().unwrap();
        told.extend(lines);
        let undone: usize = told
            .iter()
            // The last line may be half a one.
            .filter(|undo| undo.contains(" AND verified_at IS ") && undo.ends_with(" COLLATE BINARY"))
            .map(|undo| conn.execute(undo, []).unwrap())
            .sum();
        assert!(undone > 0 || round == 0, "{} told", told.len());
        assert_eq!(reward_addresses(&conn), before, "round {round}");
        assert_eq!(repaired(&conn).len(), 400);
        assert!(audited(&conn).is_empty());
    }
}
