//! From where the host calls the library.

use std::cell::Cell;
use std::fmt;

use facilitator_markers::rusqlite::{self, Connection};

use crate::function::{Answer, Function};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    Autocommit,
    Transaction,
    Savepoint,
    /// From a SQL function, while a SELECT of the host's gives its rows.
    Select,
    SelectInTransaction,
}

pub const SETTINGS: [Setting; 5] = [
    Setting::Autocommit,
    Setting::Transaction,
    Setting::Savepoint,
    Setting::Select,
    Setting::SelectInTransaction,
];

/// What the host has written in its transaction.
pub const UNCOMMITTED: &str = "uncommitted";

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Setting::Autocommit => "in autocommit mode",
            Setting::Transaction => "in the host's transaction",
            Setting::Savepoint => "in the host's savepoint",
            Setting::Select => "in the host's SELECT",
            Setting::SelectInTransaction => "in a SELECT in the host's transaction",
        })
    }
}

impl Setting {
    pub fn is_transaction(self) -> bool {
        !matches!(self, Setting::Autocommit | Setting::Select)
    }

    pub fn is_select(self) -> bool {
        matches!(self, Setting::Select | Setting::SelectInTransaction)
    }

    /// Begins the host's transaction, and writes a row in it.
    pub fn begin(self, conn: &Connection) -> rusqlite::Result<()> {
        match self {
            Setting::Autocommit | Setting::Select => return Ok(()),
            Setting::Transaction | Setting::SelectInTransaction => conn.execute_batch("BEGIN")?,
            Setting::Savepoint => conn.execute_batch("SAVEPOINT host")?,
        }
        conn.execute("INSERT INTO main.notes VALUES (?1)", [UNCOMMITTED]).map(drop)
    }

    /// Ends the host's transaction, keeping what it wrote.
    pub fn end(self, conn: &Connection) -> rusqlite::Result<()> {
        match self {
            Setting::Autocommit | Setting::Select => Ok(()),
            Setting::Transaction | Setting::SelectInTransaction => conn.execute_batch("COMMIT"),
            Setting::Savepoint => conn.execute_batch("RELEASE host"),
        }
    }

    /// Does `body` where the host calls the library. It must not panic.
    pub fn within<T>(self, conn: &Connection, body: impl FnOnce() -> T) -> T {
        if !self.is_select() {
            return body();
        }
        let (body, done) = (Cell::new(Some(body)), Cell::new(None));
        let _run = Function::scalar(conn, "run", || {
            if let Some(body) = body.take() {
                done.set(Some(body()));
            }
            Answer::Number(1)
        });
        let mut statement = conn.prepare("SELECT id, run() FROM main.\"user\"").unwrap();
        let mut rows = statement.raw_query();
        // The SELECT itself may be interrupted, or its transaction ended.
        while let Ok(Some(_)) = rows.next() {}
        drop(rows);
        drop(statement);
        done.take().expect("the SELECT calls the function")
    }
}
