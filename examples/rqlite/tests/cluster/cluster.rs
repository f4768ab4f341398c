//! Nodes that are one cluster.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::host::SCHEMA;
use crate::server::Server;
use crate::turn::Turn;

pub(crate) const WORKLOAD: &str = include_str!("../../../../sql/engines/workload.sql");

/// As `host::reward_addresses` reads the rows of a SQLite.
const ROWS: &str = "SELECT quote(id) || quote(user_id) || quote(chain_type) || quote(address)
    || quote(verification_status) || quote(verified_at) || quote(created_at) FROM reward_addresses ORDER BY 1";

pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    program: PathBuf,
    // Goes after the processes.
    _folder: TempDir,
    _turn: Turn,
}

impl Cluster {
    /// A cluster that has a leader. None where there is no rqlite, which is said.
    pub(crate) fn start(nodes: usize) -> Option<Self> {
        let Some(program) = env::var_os("RQLITED") else {
            assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "RQLITED names no rqlited");
            println!("Left out: the tests on a cluster, as RQLITED names no rqlited.");
            return None;
        };
        let turn = Turn::take();
        let folder = TempDir::new().unwrap();
        let servers = (1..=nodes).map(|id| Server::new(id, folder.path())).collect();
        let mut cluster = Cluster { servers, program: program.into(), _folder: folder, _turn: turn };
        for at in 0..nodes {
            cluster.start_again(at);
        }
        cluster.leader();
        Some(cluster)
    }

    pub(crate) fn start_again(&mut self, at: usize) {
        let all: Vec<_> = self.servers.iter().map(|server| server.raft_address.clone()).collect();
        self.servers[at].start(&self.program, &all);
    }

    /// What each node said last, for a test that waits in vain.
    fn last_words(&self) -> String {
        let last = |server: &Server| {
            let log = fs::read_to_string(server.folder.with_extension("log")).unwrap_or_default();
            let lines: Vec<_> = log.lines().rev().take(5).map(str::to_owned).collect();
            format!("node {}, running: {}\n{}\n", server.id, server.is_running(), lines.join("\n"))
        };
        self.servers.iter().map(last).collect()
    }

    fn running(&self) -> impl Iterator<Item = (usize, &Server)> {
        self.servers.iter().enumerate().filter(|(_, server)| server.is_running())
    }

    /// Where the leader is, once all who run agree.
    pub(crate) fn leader(&self) -> usize {
        until(
            "a leader",
            || self.last_words(),
            || {
                let mut leaders = self.running().map(|(_, server)| {
                    let nodes: Value = serde_json::from_slice(&server.get("/nodes?timeout=1s")?).ok()?;
                    let is_leader = |node: &&Value| node["leader"] == true && node["reachable"] == true;
                    nodes.as_object()?.iter().find(|(_, node)| is_leader(node)).map(|(id, _)| id.clone())
                });
                let leader = leaders.next()??;
                let agreed = leaders.all(|other| other.as_ref() == Some(&leader));
                self.running().map(|(at, server)| (at, &server.id)).find(|(_, id)| agreed && **id == leader)
            },
        )
        .0
    }

    /// Runs statements, each of which ends a line with its semicolon.
    pub(crate) fn run(&self, sql: &str) {
        let statements: Vec<_> = sql.split(";\n").filter(|one| !one.trim().is_empty()).collect();
        let leader = &self.servers[self.leader()];
        leader.post("/db/execute?transaction", &json!(statements)).expect("the statements succeed");
    }

    pub(crate) fn load_workload(&self) {
        self.run(SCHEMA);
        self.run(WORKLOAD);
    }

    /// The first column of all rows, as the leader has them.
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        column(&self.servers[self.leader()], sql).expect("the leader answers")
    }

    /// All rows of `reward_addresses`, as the leader has them.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.column(ROWS)
    }

    /// Waits until every node that runs has these rows itself.
    pub(crate) fn all_have(&self, rows: &[String]) {
        for (_, server) in self.running() {
            let equal = || (column(server, ROWS)? == rows).then_some(());
            until("equal rows on every node", || self.last_words(), equal);
        }
    }
}

/// As this node has it, without asking another one.
fn column(server: &Server, sql: &str) -> Option<Vec<String>> {
    let results = server.post("/db/query?level=none", &json!([sql]))?;
    let rows = results[0]["values"].as_array().cloned().unwrap_or_default();
    let text = |row: &Value| row[0].as_str().map_or_else(|| row[0].to_string(), str::to_owned);
    Some(rows.iter().map(text).collect())
}

/// An election takes seconds, on a machine that does something else too.
const PATIENCE: Duration = Duration::from_secs(60);

/// What `look` gives, once it gives something.
fn until<T>(what: &str, state: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}\n{}", state());
        thread::sleep(Duration::from_millis(20));
    }
}
