//! A host's database for tests: the tables of `schema.sql`, and rows in few words.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::path::{Path, PathBuf};

use facilitator_markers::rusqlite::{Connection, ToSql, params};
use tempfile::TempDir;

pub const SCHEMA: &str = include_str!("schema.sql");

/// The schema with `from` replaced by `to`, which must occur in it.
pub fn schema_with(from: &str, to: &str) -> String {
    assert!(SCHEMA.contains(from), "the schema has no {from:?}");
    SCHEMA.replacen(from, to, 1)
}

/// A database in memory with this schema, and foreign keys enforced, as the usual driver has it.
pub fn in_memory_with(schema: &str) -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    conn.execute_batch(schema).unwrap();
    conn
}

pub fn in_memory() -> Connection {
    in_memory_with(SCHEMA)
}

/// A database in a file, in WAL mode, which goes when this is dropped.
pub struct File {
    dir: TempDir,
}

impl File {
    pub fn new() -> Self {
        Self::with_schema(SCHEMA)
    }

    pub fn with_schema(schema: &str) -> Self {
        let file = File { dir: TempDir::new().unwrap() };
        let conn = file.connect();
        conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        conn.execute_batch(schema).unwrap();
        file
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("host.db")
    }

    pub fn connect(&self) -> Connection {
        let conn = Connection::open(self.path()).unwrap();
        conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 0").unwrap();
        conn
    }

    /// The bytes of the database and of its WAL.
    pub fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        let mut wal = self.path().into_os_string();
        wal.push("-wal");
        (std::fs::read(self.path()).unwrap(), std::fs::read(Path::new(&wal)).unwrap_or_default())
    }
}

pub fn add_user(conn: &Connection, id: impl ToSql) {
    let sql = "INSERT INTO main.\"user\"(id, name, email) VALUES (?1, 'Somebody', hex(randomblob(8)))";
    conn.execute(sql, params![id]).unwrap();
}

pub fn add_facilitator(conn: &Connection, owner_address: impl ToSql, created_at: impl ToSql) {
    let sql = "INSERT INTO main.facilitators(id, name, subdomain, owner_address, created_at)
               VALUES (hex(randomblob(8)), 'Pay', hex(randomblob(8)), ?1, ?2)";
    conn.execute(sql, params![owner_address, created_at]).unwrap();
}

/// A row of `reward_addresses` that isn't the library's.
pub fn add_reward_address(conn: &Connection, id: &str, user_id: &str, chain_type: &str, address: &str) {
    let sql = "INSERT INTO main.reward_addresses(id, user_id, chain_type, address, created_at)
               VALUES (?1, ?2, ?3, ?4, '2020-02-02 02:02:02')";
    conn.execute(sql, params![id, user_id, chain_type, address]).unwrap();
}

/// An owner with one facilitator.
pub fn add_owner(conn: &Connection, id: &str, created_at: &str) {
    add_user(conn, id);
    add_facilitator(conn, id.to_ascii_lowercase(), created_at);
}

/// User id and enrollment date of each row with `chain_type = 'facilitator'`, sorted.
pub fn markers(conn: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT user_id, created_at FROM main.reward_addresses WHERE chain_type = 'facilitator'
               ORDER BY user_id COLLATE BINARY";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Everything in `reward_addresses`, as SQL literals, sorted.
pub fn reward_addresses(conn: &Connection) -> Vec<String> {
    let sql = "SELECT quote(id) || quote(user_id) || quote(chain_type) || quote(address)
                      || quote(verification_status) || quote(verified_at) || quote(created_at)
               FROM main.reward_addresses ORDER BY 1";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
