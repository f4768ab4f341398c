//! The client of an rqlite cluster.

use std::io::BufReader;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::client::{Client, Failure, Level};
use crate::node::Node;

/// A node that is there answers a connection sooner.
const CONNECT: Duration = Duration::from_secs(5);

/// A cluster, by some of its nodes. Whichever is asked passes it on to the leader.
pub struct Rqlite {
    agent: Agent,
    nodes: Vec<Node>,
    /// The one that is asked first.
    current: usize,
}

/// Why a node didn't answer as nodes do.
#[derive(Debug, thiserror::Error)]
#[error("{node}: {reason}")]
pub struct Unavailable {
    /// The node.
    pub node: Node,
    /// What it said, or what its connection did.
    pub reason: String,
    /// Whether it will say so again: the user may not, or there is no such thing.
    pub is_for_good: bool,
}

/// The same, of a node that is known.
struct Silence {
    reason: String,
    is_for_good: bool,
}

impl<E: ToString> From<E> for Silence {
    fn from(error: E) -> Self {
        Silence { reason: error.to_string(), is_for_good: false }
    }
}

/// A statement that the engine failed, in its words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

impl Rqlite {
    /// A cluster by these nodes, each of which is given `timeout` for an answer.
    pub fn new(nodes: Vec<Node>, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The nodes are near, and their names mean nothing to a proxy.
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(timeout));
        Rqlite { agent: config.build().into(), nodes, current: 0 }
    }

    /// Asks whether the nodes let this user in, which waiting wouldn't change. Whether they are there is for later.
    ///
    /// # Errors
    ///
    /// What all of them have answered, the last one last.
    pub fn check(&mut self) -> Result<(), Unavailable> {
        match self.query("SELECT 1", &[], Level::Weak).map_err(|failure| failure.downcast::<Unavailable>()) {
            Err(Ok(unavailable)) if unavailable.is_for_good => Err(*unavailable),
            _ => Ok(()),
        }
    }

    /// Asks one node after the other until one answers, beginning with the one that has answered last: what a node
    /// has done whose answer is lost, the next one does once more, which is harmless.
    fn ask(&mut self, endpoint: &str, sql: &str, values: &[&str]) -> Result<Value, Failure> {
        let mut statement = vec![sql];
        statement.extend(values);
        let body = json!([statement]).to_string();
        let mut failure = Failure::from("no node is known");
        for _ in 0..self.nodes.len() {
            let node = &self.nodes[self.current];
            match self.post(node, endpoint, &body) {
                Ok(result) => return result.map_err(|text| Refused(text).into()),
                Err(Silence { reason, is_for_good }) => {
                    failure = Unavailable { node: node.clone(), reason, is_for_good }.into();
                }
            }
            self.current = (self.current + 1) % self.nodes.len();
        }
        Err(failure)
    }

    /// The result of the one statement, or what the engine has against it.
    fn post(&self, node: &Node, endpoint: &str, body: &str) -> Result<Result<Value, String>, Silence> {
        let mut request = self.agent.post(node.url(endpoint)).header("content-type", "application/json");
        if let Some(authorization) = node.authorization() {
            request = request.header("authorization", authorization);
        }
        let mut answer = request.send(body)?;
        let status = answer.status();
        if !status.is_success() {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            let reason = format!("HTTP status {status}: {}", text.trim());
            return Err(Silence { reason, is_for_good: matches!(status.as_u16(), 401 | 403 | 404) });
        }
        // A list can be longer than ureq lets a text be.
        let body = BufReader::new(answer.body_mut().as_reader());
        let mut answer: Value = serde_json::from_reader(body)?;
        if let Some(error) = answer.get("error") {
            // Not the statement's, but the cluster's.
            return Err(text_of(error).into());
        }
        match answer.pointer_mut("/results/0").map(Value::take) {
            Some(result) => Ok(match result.get("error") {
                Some(error) => Err(text_of(error)),
                None => Ok(result),
            }),
            None => Err("an answer without results".into()),
        }
    }
}

impl Client for Rqlite {
    fn execute(&mut self, sql: &str, values: &[&str]) -> Result<u64, Failure> {
        let result = self.ask("/db/execute", sql, values)?;
        Ok(result.get("rows_affected").and_then(Value::as_u64).unwrap_or(0))
    }

    fn query(&mut self, sql: &str, values: &[&str], level: Level) -> Result<Vec<Vec<Value>>, Failure> {
        let endpoint = match level {
            Level::Weak => "/db/query?level=weak",
            Level::Strong => "/db/query?level=strong",
        };
        let mut result = self.ask(endpoint, sql, values)?;
        match result.get_mut("values").map(Value::take) {
            Some(rows) => Ok(serde_json::from_value(rows)?),
            None => Ok(Vec::new()),
        }
    }
}

fn text_of(error: &Value) -> String {
    error.as_str().map_or_else(|| error.to_string(), str::to_owned)
}
