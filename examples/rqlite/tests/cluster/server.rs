//! A node of a cluster, as a process.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

pub(crate) struct Server {
    pub(crate) id: String,
    /// Where it answers requests.
    pub(crate) address: String,
    pub(crate) raft_address: String,
    pub(crate) folder: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// With two ports of its own.
    pub(crate) fn new(id: usize, folder: &Path) -> Self {
        let [address, raft_address] = [(); 2].map(|()| free_address());
        Server { id: id.to_string(), address, raft_address, folder: folder.join(id.to_string()), child: None }
    }

    /// Starts it, for the first time or again, with the raft addresses of all.
    pub(crate) fn start(&mut self, program: &Path, all: &[String]) {
        let log = File::options().create(true).append(true).open(self.folder.with_extension("log")).unwrap();
        let mut command = Command::new(program);
        command
            .args(["-node-id", &self.id, "-http-addr", &self.address, "-raft-addr", &self.raft_address])
            .args(["-bootstrap-expect", &all.len().to_string(), "-join", &all.join(",")])
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// With SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers to GET, if it does.
    pub(crate) fn get(&self, path: &str) -> Option<Vec<u8>> {
        let mut answer = agent().get(format!("{}{path}", self.url())).call().ok()?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut answer.body_mut().as_reader(), &mut bytes).ok()?;
        Some(bytes)
    }

    /// The results of these statements, if it answers and none fails.
    pub(crate) fn post(&self, path: &str, statements: &Value) -> Option<Vec<Value>> {
        let request =
            agent().post(format!("{}{path}", self.url())).header("content-type", "application/json");
        let mut answer = request.send(statements.to_string()).ok()?;
        let mut answer: Value = serde_json::from_reader(answer.body_mut().as_reader()).ok()?;
        let results = answer["results"].take();
        let failed = |result: &Value| !result["error"].is_null();
        results.as_array().filter(|all| !all.is_empty() && !all.iter().any(failed)).cloned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where nobody listens, among the ports that no system gives to whoever connects: a node that is dead for a while finds
/// its own free when it comes back.
fn free_address() -> String {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(process::id() % 10_000).unwrap();
    (0..1_000)
        .map(|_| 20_000 + (first + TRIED.fetch_add(1, Ordering::Relaxed)) % 12_000)
        .map(|port| format!("127.0.0.1:{port}"))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a port is free")
}

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(60)));
    config.build().into()
}
