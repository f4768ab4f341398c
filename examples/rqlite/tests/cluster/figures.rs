//! What a page costs.

use std::fs;
use std::time::{Duration, Instant};

use facilitator_markers::sql;
use facilitator_markers_rqlite::{Client, Rqlite};

use crate::cluster::Cluster;

const OWNERS: usize = 1_000;

const CLOCK: &str = "2026-11-27 12:00:00";

/// How many pages the size of the log is measured with: its file grows by steps.
const PAGES: u64 = 200;

/// A client of the leader alone.
fn client(cluster: &Cluster) -> Rqlite {
    let leader = &cluster.servers[cluster.leader()];
    Rqlite::new(vec![leader.url().parse().unwrap()], Duration::from_secs(60))
}

/// Runs a page of a thousand owners, and gives the seconds.
fn page(cluster: &Cluster) -> f64 {
    let due = cluster.column(sql::DUE);
    let mut client = client(cluster);
    let begun = Instant::now();
    let rows = client.execute(sql::PAGE, &[CLOCK, "", &due[OWNERS]]).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(rows, OWNERS as u64);
    seconds
}

/// The bytes by which a page makes the leader's log grow. It is the statement that is logged, and not what it writes.
fn log(cluster: &Cluster) -> u64 {
    let mut client = client(cluster);
    let path = cluster.servers[cluster.leader()].folder.join("raft.db");
    let size = || fs::metadata(&path).unwrap().len();
    let before = size();
    for _ in 0..PAGES {
        assert_eq!(client.execute(sql::PAGE, &[CLOCK, "~", "~"]).unwrap(), 0);
    }
    (size() - before) / PAGES
}

#[test]
fn a_page_of_a_thousand_owners_is_written_with_and_without_the_index() {
    let Some(cluster) = Cluster::start(3) else { return };
    cluster.load_workload();
    let without = page(&cluster);
    cluster.run("DELETE FROM reward_addresses WHERE verified_at IS NOT NULL");
    cluster.run("CREATE INDEX user_folded ON \"user\"(lower(id))");
    let with = page(&cluster);
    println!(
        "rqlite: a page of {OWNERS} owners takes {without:.3} s without an index on lower(\"user\".id), {with:.3} s with it"
    );
    println!("rqlite: a page takes {} bytes of raft.db, its text {}", log(&cluster), sql::PAGE.len());
}
