//! How a host opens its database: journal, encoding, and what pragmas set.

use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::Case;

/// What is set on each connection, of each line one.
const EACH: [&[&str]; 14] = [
    &["foreign_keys = ON", "foreign_keys = OFF"],
    &["recursive_triggers = OFF", "recursive_triggers = ON"],
    &["reverse_unordered_selects = OFF", "reverse_unordered_selects = ON"],
    &["case_sensitive_like = OFF", "case_sensitive_like = OFF", "case_sensitive_like = ON"],
    &["ignore_check_constraints = OFF", "ignore_check_constraints = OFF", "ignore_check_constraints = ON"],
    &["automatic_index = ON", "automatic_index = OFF"],
    &["cell_size_check = OFF", "cell_size_check = ON"],
    &["secure_delete = OFF", "secure_delete = ON", "secure_delete = FAST"],
    &["cache_size = -2000", "cache_size = 1", "cache_size = 10"],
    &["count_changes = OFF", "count_changes = ON"],
    &["full_column_names = OFF", "full_column_names = ON"],
    &["short_column_names = ON", "short_column_names = OFF"],
    &["trusted_schema = ON", "trusted_schema = OFF"],
    &["read_uncommitted = OFF", "read_uncommitted = OFF", "read_uncommitted = ON"],
];

/// The settings of one case.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `None` for a database in memory.
    journal: Option<&'static str>,
    /// What has to be set before there are tables.
    first: Vec<String>,
    each: Vec<&'static str>,
    is_exclusive: bool,
}

impl Settings {
    /// For a database in a file, if there are to be other connections.
    pub fn new(case: &mut Case, in_file: bool) -> Self {
        let encoding = case.pick(&["UTF-8", "UTF-8", "UTF-8", "UTF-16le", "UTF-16be"]);
        let journals = ["WAL", "WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY"];
        let journal = (in_file || case.one_in(4)).then(|| case.pick(&journals));
        let page_size = case.pick(&[4096, 512, 1024, 65536]);
        let auto_vacuum = case.pick(&["NONE", "FULL", "INCREMENTAL"]);
        let first = [
            "encoding = '".to_owned() + encoding + "'",
            format!("page_size = {page_size}"),
            format!("auto_vacuum = {auto_vacuum}"),
            // To change it removes what is in the temporary schema.
            format!("temp_store = {}", case.pick(&["DEFAULT", "FILE", "MEMORY"])),
        ];
        Settings {
            journal,
            first: first.to_vec(),
            each: EACH.iter().map(|choices| case.pick(choices)).collect(),
            is_exclusive: case.one_in(6),
        }
    }

    /// A new database, with the directory in which it is.
    pub fn create(&self) -> (Connection, TempDir) {
        let directory = TempDir::new().unwrap();
        let conn = match self.journal {
            None => Connection::open_in_memory().unwrap(),
            Some(_) => Connection::open(directory.path().join("host.db")).unwrap(),
        };
        conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
        for pragma in &self.first {
            conn.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
        }
        (conn, directory)
    }

    /// Once the tables are filled.
    pub fn set(&self, conn: &Connection) {
        conn.busy_timeout(Duration::ZERO).unwrap();
        if self.is_exclusive {
            conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE").unwrap();
        }
        if let Some(journal) = self.journal {
            conn.execute_batch(&format!("PRAGMA journal_mode = {journal}")).unwrap();
        }
        for pragma in &self.each {
            conn.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
        }
    }

    /// Another connection to the same file.
    pub fn connect(&self, directory: &TempDir) -> Connection {
        let conn = Connection::open(directory.path().join("host.db")).unwrap();
        conn.busy_timeout(Duration::ZERO).unwrap();
        // Where the first one keeps the lock, not even a setting can be made that needs the file.
        let _ = conn.execute_batch("PRAGMA synchronous = OFF");
        for pragma in &self.each {
            let _ = conn.execute_batch(&format!("PRAGMA {pragma}"));
        }
        conn
    }

    pub fn describe(&self) -> String {
        format!(
            "{}, {}, {}{}",
            self.journal.unwrap_or("in memory"),
            self.first.join(", "),
            self.each.join(", "),
            if self.is_exclusive { ", locking_mode = EXCLUSIVE" } else { "" }
        )
    }
}
