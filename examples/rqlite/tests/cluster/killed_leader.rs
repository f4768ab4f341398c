//! A backfill whose cluster loses its leader, twice.

use std::process::Command;
use std::sync::{Arc, Mutex};

use facilitator_markers::backfill_facilitator_markers;
use facilitator_markers::rusqlite::Connection;
use facilitator_markers::sql;

use crate::cluster::{Cluster, WORKLOAD};
use crate::host::{in_memory, reward_addresses};
use crate::proxy::{Moment, Pass, stand_before};

/// What has happened so far.
#[derive(Default)]
struct Story {
    sent: usize,
    answered: usize,
    /// Known beforehand, as a page takes no longer than it takes to ask.
    leader: Option<usize>,
    /// Who was killed while it had a page to write.
    killed_under_way: Option<usize>,
    /// Who was killed when it had written one.
    killed_when_done: Option<usize>,
}

impl Story {
    fn go_on(&mut self, moment: Moment, cluster: &Mutex<Cluster>) -> Pass {
        match moment {
            Moment::Sent => self.sent += 1,
            Moment::Answered => self.answered += 1,
        }
        if moment == Moment::Answered && self.answered == 2 {
            self.leader = Some(cluster.lock().unwrap().leader());
        }
        if let Some(leader) = self.leader.take_if(|_| moment == Moment::Sent) {
            cluster.lock().unwrap().servers[leader].kill();
            self.killed_under_way = Some(leader);
        }
        if moment == Moment::Answered && self.answered == 5 {
            let mut cluster = cluster.lock().unwrap();
            let dead = self.killed_under_way.unwrap();
            // Two have to be left, and the one that was away has to have what the others have.
            cluster.start_again(dead);
            let rows = cluster.rows();
            cluster.all_have(&rows);
            let leader = cluster.leader();
            cluster.servers[leader].kill();
            self.killed_when_done = Some(leader);
            return Pass::Lost;
        }
        Pass::On
    }
}

/// The rows that the library writes with this clock.
fn expected(clock: &str) -> Vec<String> {
    let conn: Connection = in_memory();
    conn.execute_batch(WORKLOAD).unwrap();
    backfill_facilitator_markers(&conn).unwrap_err();
    let dated = "UPDATE reward_addresses SET verified_at = ?1 WHERE verified_at IS NOT NULL";
    conn.execute(dated, [clock]).unwrap();
    reward_addresses(&conn)
}

fn backfill(urls: &[String]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfill-rqlite"));
    let output = command.args(urls).args(["--owners-per-page", "250", "--json"]).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_backfill_whose_leaders_die_leaves_the_librarys_rows_on_every_node() {
    let Some(cluster) = Cluster::start(3) else { return };
    cluster.load_workload();
    let due: usize = cluster.column(sql::DUE).len();
    let addresses: Vec<_> = cluster.servers.iter().map(|server| server.address.clone()).collect();
    let (cluster, story) = (Arc::new(Mutex::new(cluster)), Arc::new(Mutex::new(Story::default())));
    // The proxy outlives the test, and the cluster must not.
    let theirs = (Arc::downgrade(&cluster), Arc::clone(&story));
    let urls = stand_before(&addresses, move |moment| match theirs.0.upgrade() {
        Some(cluster) => theirs.1.lock().unwrap().go_on(moment, &cluster),
        None => Pass::Lost,
    });

    let (status, stdout, stderr) = backfill(&urls);
    // Some markers of the workload have another row in their place, as the library's own backfill tells.
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("markers are refused, the first: for user"), "{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["created"], due);
    let (sent, killed_when_done) = {
        let story = story.lock().unwrap();
        assert!(story.killed_under_way.is_some());
        (story.sent, story.killed_when_done.expect("a leader died whose page was written"))
    };

    let mut cluster = cluster.lock().unwrap();
    let clocks =
        cluster.column("SELECT DISTINCT verified_at FROM reward_addresses WHERE verified_at IS NOT NULL");
    let [clock] = clocks.as_slice() else { panic!("{clocks:?}") };
    let expected = expected(clock);
    cluster.all_have(&expected);
    assert_eq!(cluster.column(sql::DUE), [""; 0]);
    let twice = "SELECT user_id FROM reward_addresses WHERE id LIKE 'FACILITATOR\\_OWNER:%' ESCAPE '\\'
        AND chain_type = 'facilitator' GROUP BY user_id HAVING count(*) > 1";
    assert_eq!(cluster.column(twice), [""; 0]);
    let counts =
        "SELECT (SELECT count(*) FROM \"user\") || ' users and ' || (SELECT count(*) FROM facilitators)
        || ' facilitators, SQLite ' || sqlite_version()";
    println!("rqlite: {} of {due} owners enrolled, {}", report["created"], cluster.column(counts)[0]);

    // It runs its log again.
    cluster.start_again(killed_when_done);
    cluster.all_have(&expected);

    drop(cluster);
    let (_, stdout, _) = backfill(&urls);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["created"], 0);
    assert_eq!(story.lock().unwrap().sent, sent, "the second backfill sends nothing that writes");
}
