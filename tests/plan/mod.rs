//! Random databases: what a host's schema, settings and rows can be, as values that proptest draws and
//! shrinks.
//!
//! Strategies of which others are made are boxed: unboxed, all of them together don't fit on a test thread's
//! stack.

mod dates;
pub mod ids;
mod markers;

use std::path::Path;
use std::time::Duration;

use facilitator_markers::rusqlite::{self, Connection, ErrorCode, Params};
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{Value, fold, marker_name};

#[allow(unused_imports, reason = "each test file uses its own part of this")]
pub use dates::date_text;
use dates::dates;
#[allow(unused_imports, reason = "each test file uses its own part of this")]
pub use markers::{dated_facilitators, marker_writes, markers, plans_with_markers};

/// More users than this are never in a plan.
pub const MOST_USERS: usize = 8;

/// A database to try. Rows that the schema refuses are simply not in it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub host: Host,
    pub users: Vec<Value>,
    pub facilitators: Vec<PlannedFacilitator>,
    pub rows: Vec<PlannedRow>,
}

/// The host's schema and settings.
#[derive(Debug, Clone)]
pub struct Host {
    /// Columns have the types and constraints that they have in a host's own schema; otherwise they have
    /// neither and take values of any storage class.
    strict_columns: bool,
    without_rowid: bool,
    owner_index: bool,
    /// Of `"user"` ids, `owner_address`, `chain_type`, `verification_status` and the dates of `reward_addresses`.
    collation: &'static str,
    on_conflict: &'static str,
    encoding: &'static str,
    foreign_keys: bool,
    /// Temporary tables have the names of the host's tables.
    shadowed: bool,
    /// SQLite returns rows the other way round where a statement asks for no order.
    reverse_unordered: bool,
    /// The host calls the library inside a transaction of its own.
    pub in_transaction: bool,
}

#[derive(Debug, Clone)]
pub struct PlannedFacilitator {
    owner_address: Id,
    created_at: Value,
}

#[derive(Debug, Clone)]
pub struct PlannedRow {
    id: Name,
    user_id: Id,
    chain_type: Value,
    address: Name,
    verification_status: Value,
    verified_at: Value,
    created_at: Value,
}

/// What a host does to a database while a backfill or a repair is under way.
#[derive(Debug, Clone)]
pub enum HostWrite {
    AddUser(Id),
    RemoveUser(Id),
    AddFacilitator(PlannedFacilitator),
    RemoveFacilitatorsOf(Id),
    AddRow(PlannedRow),
    RemoveRowsOf(Id),
    /// A statement in which `?1` is the id and `?2` the value.
    Update(&'static str, Id, Value),
    Statement(&'static str),
}

/// An id, as a rule one that has to do with a user of the plan, given by position.
#[derive(Debug, Clone)]
pub enum Id {
    Exact(usize),
    Folded(usize),
    UpperCase(usize),
    Other(Value),
}

/// The `id` or `address` of a row.
#[derive(Debug, Clone)]
enum Name {
    OwnMarker,
    MarkerOf(Id),
    Other(Value),
}

prop_compose! {
    pub fn plans()(
        host in hosts(),
        users in ids::users(MOST_USERS),
        facilitators in vec(facilitators(), 0..=12),
        rows in vec(rows(), 0..=8),
    ) -> Plan {
        Plan { host, users, facilitators, rows }
    }
}

prop_compose! {
    pub fn hosts()(
        strict_columns in any::<bool>(),
        without_rowid in weighted(0.2),
        owner_index in any::<bool>(),
        collation in prop_oneof![4 => Just("BINARY"), 1 => Just("NOCASE"), 1 => Just("RTRIM")],
        on_conflict in prop_oneof![4 => Just("ABORT"), 1 => select(&["FAIL", "IGNORE", "REPLACE", "ROLLBACK"][..])],
        // Not UTF-16le, in which SQLite sorts text by the low bytes first.
        encoding in prop_oneof![4 => Just("UTF-8"), 1 => Just("UTF-16be")],
        foreign_keys in any::<bool>(),
        shadowed in weighted(0.2),
        reverse_unordered in any::<bool>(),
        in_transaction in any::<bool>(),
    ) -> Host {
        Host {
            strict_columns,
            without_rowid,
            owner_index,
            collation,
            on_conflict,
            encoding,
            foreign_keys,
            shadowed,
            reverse_unordered,
            in_transaction,
        }
    }
}

prop_compose! {
    pub fn facilitators()(
        owner_address in prop_oneof![
            6 => position().prop_map(Id::Folded),
            6 => position().prop_map(Id::Exact),
            1 => position().prop_map(Id::UpperCase),
            2 => ids::ids().prop_map(Id::Other),
            1 => ids::not_text().prop_map(Id::Other),
        ],
        created_at in dates(),
    ) -> PlannedFacilitator {
        PlannedFacilitator { owner_address, created_at }
    }
}

prop_compose! {
    pub fn rows()(
        id in prop_oneof![19 => names(), 1 => Just(Name::Other(Value::Null))],
        user_id in some_id(),
        chain_type in prop_oneof![
            5 => Just("facilitator"),
            4 => select(&["evm", "solana"][..]),
            1 => select(&["FACILITATOR", "facilitator ", ""][..]),
        ],
        address in prop_oneof![19 => names(), 1 => Just(Name::Other(Value::Null))],
        verified_at in prop_oneof![Just(Value::Null), dates()],
        created_at in dates(),
    ) -> PlannedRow {
        PlannedRow {
            id,
            user_id,
            chain_type: Value::text(chain_type),
            address,
            verification_status: Value::text("pending"),
            verified_at,
            created_at,
        }
    }
}

pub fn host_writes() -> BoxedStrategy<HostWrite> {
    let transaction = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT host", "ROLLBACK TO host", "RELEASE host"];
    prop_oneof![
        2 => some_id().prop_map(HostWrite::AddUser),
        2 => some_id().prop_map(HostWrite::RemoveUser),
        2 => facilitators().prop_map(HostWrite::AddFacilitator),
        2 => some_id().prop_map(HostWrite::RemoveFacilitatorsOf),
        1 => rows().prop_map(HostWrite::AddRow),
        2 => some_id().prop_map(HostWrite::RemoveRowsOf),
        3 => select(transaction.to_vec()).prop_map(HostWrite::Statement),
    ]
    .boxed()
}

fn names() -> BoxedStrategy<Name> {
    prop_oneof![
        12 => (0..20_u8).prop_map(|number| Name::Other(Value::text(format!("row {number}")))),
        4 => Just(Name::OwnMarker),
        4 => some_id().prop_map(Name::MarkerOf),
        1 => select(vec![Value::Integer(12), Value::Blob(b"row".to_vec())]).prop_map(Name::Other),
    ]
    .boxed()
}

/// An id that a host's row or a caller may name.
pub fn some_id() -> BoxedStrategy<Id> {
    prop_oneof![
        10 => position().prop_map(Id::Exact),
        3 => position().prop_map(Id::Folded),
        1 => position().prop_map(Id::UpperCase),
        2 => ids::ids().prop_map(Id::Other),
    ]
    .boxed()
}

fn position() -> impl Strategy<Value = usize> {
    0..MOST_USERS
}

impl Plan {
    /// A new database in memory with all that is in the plan, and no transaction open.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let conn = Connection::open_in_memory()?;
        self.fill(&conn)?;
        Ok(conn)
    }

    /// The same in a file, with two connections to it.
    pub fn open_twice(&self, file: &Path) -> rusqlite::Result<[Connection; 2]> {
        let (conn, other) = (Connection::open(file)?, Connection::open(file)?);
        for conn in [&conn, &other] {
            conn.busy_timeout(Duration::ZERO)?;
            conn.execute_batch("PRAGMA synchronous = OFF")?;
        }
        self.fill(&conn)?;
        conn.execute_batch("PRAGMA journal_mode = WAL")?;
        Ok([conn, other])
    }

    fn fill(&self, conn: &Connection) -> rusqlite::Result<()> {
        conn.execute_batch(&self.host.schema())?;
        for id in &self.users {
            insert_user(conn, id)?;
        }
        for facilitator in &self.facilitators {
            self.insert_facilitator(conn, facilitator)?;
        }
        for row in &self.rows {
            self.insert_row(conn, row)?;
        }
        conn.execute_batch(&self.host.settings())
    }

    /// Does what a host may do on this connection. What SQLite refuses is simply not done.
    pub fn write(&self, conn: &Connection, write: &HostWrite) -> rusqlite::Result<()> {
        let done = match write {
            HostWrite::AddUser(id) => insert_user(conn, &self.id(id)),
            HostWrite::RemoveUser(id) => {
                delete(conn, r#"DELETE FROM main."user" WHERE id = ?1"#, &self.id(id))
            }
            HostWrite::AddFacilitator(facilitator) => self.insert_facilitator(conn, facilitator),
            HostWrite::RemoveFacilitatorsOf(id) => {
                delete(conn, "DELETE FROM main.facilitators WHERE owner_address = ?1", &self.id(id))
            }
            HostWrite::AddRow(row) => self.insert_row(conn, row),
            HostWrite::RemoveRowsOf(id) => {
                delete(conn, "DELETE FROM main.reward_addresses WHERE user_id = ?1", &self.id(id))
            }
            HostWrite::Update(sql, id, value) => conn.execute(sql, [&self.id(id), value]).map(drop),
            HostWrite::Statement(sql) => conn.execute_batch(sql),
        };
        match done {
            Err(rusqlite::Error::SqliteFailure(..)) => Ok(()),
            other => other,
        }
    }

    fn insert_facilitator(
        &self,
        conn: &Connection,
        facilitator: &PlannedFacilitator,
    ) -> rusqlite::Result<()> {
        let PlannedFacilitator { owner_address, created_at } = facilitator;
        let sql = "INSERT INTO main.facilitators (id, owner_address, created_at)
                   SELECT 'f' || (coalesce(max(substr(id, 2)), 1000) + 1), ?1, ?2 FROM main.facilitators";
        insert(conn, sql, [&self.id(owner_address), created_at])
    }

    fn insert_row(&self, conn: &Connection, row: &PlannedRow) -> rusqlite::Result<()> {
        let user_id = self.id(&row.user_id);
        let values = [
            &self.name(&row.id, &user_id),
            &user_id,
            &row.chain_type,
            &self.name(&row.address, &user_id),
            &row.verification_status,
            &row.verified_at,
            &row.created_at,
        ];
        let sql = "INSERT INTO main.reward_addresses
                       (id, user_id, chain_type, address, verification_status, verified_at, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        insert(conn, sql, values)
    }

    /// The id in this plan.
    pub fn id(&self, id: &Id) -> Value {
        let in_other_case = |position, to_case: fn(&[u8]) -> Vec<u8>| match self.user(position) {
            Value::Text(id) => Value::Text(to_case(&id)),
            other => other,
        };
        match id {
            Id::Exact(position) => self.user(*position),
            Id::Folded(position) => in_other_case(*position, fold),
            Id::UpperCase(position) => in_other_case(*position, |id| id.to_ascii_uppercase()),
            Id::Other(value) => value.clone(),
        }
    }

    /// The user at this position, counted on from the first where there are fewer.
    fn user(&self, position: usize) -> Value {
        self.users.iter().cycle().nth(position).cloned().unwrap_or_else(|| Value::text("nobody"))
    }

    fn name(&self, name: &Name, user_id: &Value) -> Value {
        let marker_of = |id: &Value| Value::text(marker_name(id.as_text().unwrap_or_default()));
        match name {
            Name::OwnMarker => marker_of(user_id),
            Name::MarkerOf(id) => marker_of(&self.id(id)),
            Name::Other(value) => value.clone(),
        }
    }
}

impl Host {
    fn schema(&self) -> String {
        let Host { collation, on_conflict, encoding, .. } = self;
        let (key, text, chain_type, status) = if self.strict_columns {
            (
                "TEXT",
                "TEXT NOT NULL",
                "TEXT NOT NULL CHECK (chain_type IN ('solana', 'evm', 'stacks', 'facilitator'))",
                "TEXT NOT NULL DEFAULT 'pending' CHECK (verification_status IN ('pending', 'verified'))",
            )
        } else {
            ("", "", "", "DEFAULT 'pending'")
        };
        let options = if self.without_rowid { "WITHOUT ROWID" } else { "" };
        let index = if self.owner_index {
            "CREATE INDEX idx_facilitators_owner ON facilitators (owner_address);"
        } else {
            ""
        };
        let shadows = if self.shadowed {
            r#"CREATE TEMP TABLE "user" (id TEXT PRIMARY KEY);
               CREATE TEMP TABLE facilitators (owner_address TEXT, created_at TEXT);
               CREATE TEMP TABLE reward_addresses (id TEXT PRIMARY KEY, user_id TEXT, chain_type TEXT);"#
        } else {
            ""
        };
        format!(
            r#"PRAGMA encoding = '{encoding}';
               PRAGMA foreign_keys = OFF;
               CREATE TABLE "user" (id {text} COLLATE {collation} PRIMARY KEY ON CONFLICT {on_conflict}) {options};
               CREATE TABLE facilitators (
                   id TEXT PRIMARY KEY,
                   owner_address {text} COLLATE {collation},
                   created_at {text}
               ) {options};
               CREATE TABLE reward_addresses (
                   id {key} PRIMARY KEY ON CONFLICT {on_conflict},
                   user_id {text} REFERENCES "user" (id) ON DELETE CASCADE,
                   chain_type {chain_type} COLLATE {collation},
                   address {text},
                   verification_status {status} COLLATE {collation},
                   verified_at COLLATE {collation},
                   created_at {text} COLLATE {collation},
                   UNIQUE (user_id, address) ON CONFLICT {on_conflict}
               );
               CREATE INDEX idx_reward_addresses_user ON reward_addresses (user_id);
               CREATE INDEX idx_reward_addresses_address ON reward_addresses (address);
               CREATE INDEX idx_reward_addresses_chain ON reward_addresses (chain_type);
               {index}
               {shadows}"#
        )
    }

    fn settings(&self) -> String {
        let Host { foreign_keys, reverse_unordered, .. } = self;
        format!(
            "PRAGMA foreign_keys = {foreign_keys}; PRAGMA reverse_unordered_selects = {reverse_unordered};"
        )
    }
}

fn insert_user(conn: &Connection, id: &Value) -> rusqlite::Result<()> {
    insert(conn, r#"INSERT INTO main."user" (id) VALUES (?1)"#, [id])
}

fn delete(conn: &Connection, sql: &str, key: &Value) -> rusqlite::Result<()> {
    conn.execute(sql, [key])?;
    Ok(())
}

/// Runs an INSERT, which a constraint of the schema may refuse.
fn insert(conn: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<()> {
    match conn.execute(sql, values) {
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) => Err(error),
        _ => Ok(()),
    }
}
