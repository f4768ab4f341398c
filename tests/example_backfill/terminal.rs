//! The progress bar, which is drawn on a terminal only.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use crate::program::{Database, example};

#[test]
fn the_bar_counts_facilitators_while_it_reads_and_owners_while_it_enrolls() {
    // Each owner has one, and one of them has 70 more.
    let more = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 70) \
                INSERT INTO facilitators (id, name, subdomain, owner_address) \
                SELECT 'more' || n, 'More', 'more' || n, 'user1' FROM n";
    let database = Database::with_owners(1_930);
    database.connect().execute_batch(more).unwrap();
    let size = Winsize { ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).unwrap();
    let mut child = example("backfill")
        .arg(database.path())
        .args(["--owners-per-step", "1"])
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(Stdio::from(terminal.slave))
        .spawn()
        .unwrap();

    let mut shown = String::new();
    let mut terminal = File::from(terminal.master);
    let mut bytes = [0; 4096];
    while !shown.contains(" to go") {
        let read = terminal.read(&mut bytes).unwrap_or_else(|error| panic!("{error} after {shown:?}"));
        shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (reading, enrolling) = shown.split_once("enrolling, ").unwrap();
    assert!(reading.contains("reading, 2,000 facilitators") && !reading.contains("owners"), "{reading:?}");
    let (visited, rest) = enrolling.split_once(" owners visited, at most ").unwrap();
    let number = |text: &str| -> u64 { text.replace(',', "").parse().unwrap() };
    let (to_go, _) = rest.split_once(" to go").unwrap();
    assert!(number(visited) + number(to_go) <= 1_930, "{enrolling:?}");
}
