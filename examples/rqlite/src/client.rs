//! What a backfill asks of an engine.

use serde_json::Value;

/// Why an engine, or the way to it, failed. Its text is for people: nothing here reads it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one statement at a time. A statement that fails has written nothing, or its answer was lost.
pub trait Client {
    /// Runs a statement that writes, and gives the number of rows that the answer tells of.
    ///
    /// # Errors
    ///
    /// What the engine answers, or that nobody answers.
    fn execute(&mut self, sql: &str, values: &[&str]) -> Result<u64, Failure>;

    /// Runs a statement that reads, and gives its rows.
    ///
    /// # Errors
    ///
    /// What the engine answers, or that nobody answers.
    fn query(&mut self, sql: &str, values: &[&str], level: Level) -> Result<Vec<Vec<Value>>, Failure>;
}

/// What a read has to have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What the node that takes itself for the leader has.
    Weak,
    /// All that has been committed before.
    Strong,
}
