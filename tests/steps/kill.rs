//! A process that is killed in the middle of a backfill, beside another connection that writes.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{hint, thread};

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, Progress, backfill_facilitator_markers};

use crate::host::{File, add_owner};
use crate::{markers, right_markers};

const OWNERS: usize = 400;
/// The environment variable that tells the process to be killed which database it works on.
const DATABASE: &str = "FACILITATOR_MARKERS_KILL_DATABASE";

/// Not a test of its own: what the process to be killed runs.
#[test]
fn victim() {
    let Some(path) = env::var_os(DATABASE) else { return };
    let conn = Connection::open(path).unwrap();
    conn.busy_timeout(Duration::from_secs(60)).unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    let tell = |progress: Progress| eprintln!("{}", progress.owners_visited);
    backfill.run_to_completion(7, Duration::ZERO, Some(tell)).unwrap();
}

/// Commits settled transactions until told to stop, and says how many.
fn settle(conn: &Connection, stop: &AtomicBool) -> usize {
    let sql = "INSERT INTO transactions(id, facilitator_id, type, network, amount, status)
               SELECT hex(randomblob(16)), min(id), 'settle', 'base', '1', 'success' FROM facilitators";
    let mut settled = 0;
    while !stop.load(Ordering::Relaxed) {
        settled += conn.execute(sql, []).unwrap();
        // The pace of payments, without which nobody else would get a turn.
        thread::sleep(Duration::from_millis(1));
    }
    settled
}

#[test]
fn a_killed_backfill_leaves_whole_markers_and_the_next_one_does_the_rest() {
    let rounds = env::var("KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let mut interrupted = 0;
    for round in 0..rounds {
        let file = File::new();
        let conn = file.connect();
        conn.execute_batch("BEGIN").unwrap();
        for number in 0..OWNERS {
            add_owner(&conn, &format!("User{number}"), &format!("2026-01-{:02} 00:00:00", number % 28 + 1));
        }
        conn.execute_batch("COMMIT").unwrap();
        let right = right_markers(&conn);

        let stop = AtomicBool::new(false);
        let settled = thread::scope(|scope| {
            let neighbour = file.connect();
            neighbour.busy_timeout(Duration::from_secs(60)).unwrap();
            let settling = scope.spawn(|| settle(&{ neighbour }, &stop));
            let mut victim = Command::new(env::current_exe().unwrap())
                .args(["--exact", "kill::victim", "--nocapture"])
                .env(DATABASE, file.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // Each round waits for another step, and then for a little more, so that the kill comes anywhere
            // in a step.
            let mut steps = BufReader::new(victim.stderr.take().unwrap()).lines();
            let _ = steps.nth(5 + round * 17 % 60);
            (0..round * 997 % 50_000).for_each(|_| hint::spin_loop());
            victim.kill().unwrap();
            victim.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
            settling.join().unwrap()
        });
        drop(conn);

        let conn = file.connect();
        let check: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let survived: i64 =
            conn.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0)).unwrap();
        assert_eq!(survived, settled as i64, "every commit of the other connection is there");
        let written = markers(&conn);
        assert!(
            written.iter().all(|(user_id, date)| right.get(user_id) == Some(date)),
            "no half-made marker"
        );
        interrupted += usize::from(!written.is_empty() && written.len() < OWNERS);
        let report = backfill_facilitator_markers(&conn).unwrap();
        assert_eq!(
            (report.created as usize, report.already_enrolled as usize),
            (OWNERS - written.len(), written.len())
        );
        assert_eq!(markers(&conn), right);
    }
    assert!(interrupted > 0, "no round was killed between its first marker and its last");
}
