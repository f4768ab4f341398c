//! A node of a cluster, as a process.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    /// With two ports that nobody listens on.
    pub(crate) fn new(id: usize, folder: &Path) -> Self {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [address, raft_address] = listeners.map(|one| one.local_addr().unwrap().to_string());
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

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(60)));
    config.build().into()
}
