//! The host's database of every case: some owners of each kind, with what is right for them in plain words.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ptr;

use facilitator_markers::rusqlite::types::Value;
use facilitator_markers::rusqlite::{Connection, ffi};
use tempfile::TempDir;

use crate::host::{self, add_facilitator, add_reward_address, add_user};
use crate::wrong;

/// The owners who are to be enrolled, since when, and the dates of their facilitators.
pub const DUE: [(&str, &str, &[&str]); 10] = [
    ("Ada", "2026-01-05 10:00:00", &["2026-01-05 10:00:00"]),
    ("Bob", "2026-01-06 23:30:00", &["2026-01-07T01:30:00+02:00"]),
    ("Cid", "2025-12-31 00:00:00", &["2026-01-08 08:00:00", "2025-12-31"]),
    ("dan", "2026-01-09 09:09:09", &["2026-01-09T09:09:09.5Z"]),
    ("eVe", "2026-01-10 10:10:00", &["2026-01-10 10:10"]),
    ("Fay", "2026-01-11 00:00:00", &["2026-01-11 00:00:00", "2026-01-12 00:00:00", "2026-01-13 00:00:00"]),
    ("Gus", "2026-01-14 00:00:00", &["2026-01-14 00:00:00"]),
    ("Hal", "2026-01-15 00:00:00", &["2026-01-15 00:00:00"]),
    ("Ivy", "2026-01-16 00:00:00", &["2026-01-16 00:00:00"]),
    ("Joe", "2026-01-17 00:00:00", &["2026-01-17 00:00:00"]),
];

/// Who has a marker already, which the host has written.
pub const ENROLLED: &str = "Kim";
/// The date of this user's facilitator.
pub const ENROLLED_SINCE: &str = "2026-01-02 00:00:00";
/// Whose facilitators can't all be read; the one that can be is a day older than everybody's.
pub const UNREADABLE: &str = "Leo";
/// Whose marker another row keeps out.
pub const REFUSED: &str = "Mia";

/// What the host's tables are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// As in `schema.sql`.
    Usual,
    /// Columns without types, all of which may be NULL.
    Loose,
    /// As in `schema.sql`, with triggers that write notes and call the host's function `act()`.
    Noted,
    /// The same without foreign keys, and with triggers that remove an owner as soon as Ada is enrolled, and another one as
    /// soon as Ned's marker is mended.
    Unsettled,
}

/// Where the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Store {
    Memory,
    Wal,
    Journal,
}

/// What a host is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Host {
    pub shape: Shape,
    pub store: Store,
}

pub const USUAL: Host = Host { shape: Shape::Usual, store: Store::Memory };
pub const LOOSE: Host = Host { shape: Shape::Loose, store: Store::Memory };
pub const NOTED: Host = Host { shape: Shape::Noted, store: Store::Memory };
pub const UNSETTLED: Host = Host { shape: Shape::Unsettled, store: Store::Memory };
pub const WAL: Host = Host { shape: Shape::Usual, store: Store::Wal };
pub const JOURNAL: Host = Host { shape: Shape::Usual, store: Store::Journal };

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self.shape {
            Shape::Usual => "the usual tables",
            Shape::Loose => "tables without types",
            Shape::Noted => "tables with triggers",
            Shape::Unsettled => "tables with a trigger that removes an owner",
        };
        let store = match self.store {
            Store::Memory => "in memory",
            Store::Wal => "with a WAL",
            Store::Journal => "with a rollback journal",
        };
        write!(f, "{shape} {store}")
    }
}

const LOOSE_SCHEMA: &str = r#"
    CREATE TABLE "user" (id PRIMARY KEY, name, email);
    CREATE TABLE facilitators (id PRIMARY KEY, name, subdomain, owner_address, created_at);
    CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);
    CREATE TABLE reward_addresses (
        id PRIMARY KEY, user_id, chain_type, address, verification_status, verified_at, created_at,
        UNIQUE (user_id, address)
    );
    CREATE INDEX idx_reward_addresses_user ON reward_addresses(user_id);
"#;

const TRIGGERS: &str = "
    CREATE TRIGGER before_marker BEFORE INSERT ON reward_addresses BEGIN SELECT act(); END;
    CREATE TRIGGER after_marker AFTER INSERT ON reward_addresses BEGIN
        INSERT INTO notes VALUES (new.user_id);
        SELECT act();
    END;
    CREATE TRIGGER before_mending BEFORE UPDATE ON reward_addresses BEGIN SELECT act(); END;
    CREATE TRIGGER after_mending AFTER UPDATE ON reward_addresses BEGIN
        INSERT INTO notes VALUES (new.user_id);
        SELECT act();
    END;
";

const REMOVING: &str = "
    CREATE TRIGGER removing AFTER INSERT ON reward_addresses WHEN new.user_id = 'Ada' BEGIN
        DELETE FROM facilitators WHERE owner_address = 'zed';
        DELETE FROM \"user\" WHERE id = 'Zed';
    END;
    CREATE TRIGGER removing_later AFTER UPDATE ON reward_addresses WHEN new.user_id = 'Ned' BEGIN
        DELETE FROM facilitators WHERE owner_address = 'zac';
        DELETE FROM \"user\" WHERE id = 'Zac';
    END;
";

impl Shape {
    /// Whether markers have triggers, which write notes.
    pub fn has_triggers(self) -> bool {
        matches!(self, Shape::Noted | Shape::Unsettled)
    }

    fn fill(self, conn: &Connection) {
        conn.execute_batch("PRAGMA foreign_keys = OFF; CREATE TABLE notes (note)").unwrap();
        conn.execute_batch(if self == Shape::Loose { LOOSE_SCHEMA } else { host::SCHEMA }).unwrap();
        conn.execute_batch("BEGIN").unwrap();
        for (id, _, dates) in DUE {
            add_user(conn, id);
            for (number, date) in dates.iter().enumerate() {
                // In both forms that hosts write.
                let address = if number % 2 == 0 { id.to_ascii_lowercase() } else { id.to_owned() };
                add_facilitator(conn, address, date);
            }
        }
        for id in [ENROLLED, UNREADABLE, REFUSED, "Pair", "pAIR", "Zoe"] {
            add_user(conn, id);
        }
        for (address, date) in [
            ("kim", ENROLLED_SINCE),
            ("leo", "2020-01-01 00:00:00"),
            ("leo", "soon"),
            ("mia", "2026-01-03 00:00:00"),
            ("pair", "2026-01-04 00:00:00"),
            ("gone", "2026-01-04 00:00:00"),
        ] {
            add_facilitator(conn, address, date);
        }
        add_reward_address(conn, "m", ENROLLED, "facilitator", "0x1");
        add_reward_address(conn, &format!("FACILITATOR_OWNER:{REFUSED}"), "Zoe", "evm", "0x2");
        wrong::add(conn);
        if self == Shape::Unsettled {
            add_user(conn, "Zed");
            add_facilitator(conn, "zed", "2026-01-18 00:00:00");
            wrong::add_late(conn, "Zac");
        }
        if self != Shape::Loose {
            wrong::add_transactions(conn);
        }
        conn.execute_batch("COMMIT").unwrap();
        if self.has_triggers() {
            conn.execute_batch(TRIGGERS).unwrap();
        }
        if self == Shape::Unsettled {
            conn.execute_batch(REMOVING).unwrap();
        }
    }
}

/// A host's database with its connection.
pub struct Database {
    pub conn: Connection,
    dir: Option<TempDir>,
}

thread_local! {
    /// What the copies are made of.
    static FILLED: RefCell<HashMap<Shape, Connection>> = RefCell::default();
}

impl Database {
    pub fn new(host: Host) -> Self {
        let dir = (host.store != Store::Memory).then(|| TempDir::new().unwrap());
        let conn = match &dir {
            Some(dir) => Connection::open(dir.path().join("host.db")).unwrap(),
            None => Connection::open_in_memory().unwrap(),
        };
        let database = Database { conn, dir };
        database.set_up(&database.conn);
        if host.shape == Shape::Unsettled {
            database.conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        }
        FILLED.with_borrow_mut(|filled| {
            let filled = filled.entry(host.shape).or_insert_with(|| {
                let conn = Connection::open_in_memory().unwrap();
                host.shape.fill(&conn);
                conn
            });
            copy(filled, &database.conn);
        });
        if host.store == Store::Wal {
            database.conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
        }
        database
    }

    /// Another connection to the file.
    pub fn connect(&self) -> Option<Connection> {
        let conn = Connection::open(self.dir.as_ref()?.path().join("host.db")).unwrap();
        self.set_up(&conn);
        Some(conn)
    }

    fn set_up(&self, conn: &Connection) {
        conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 0")
            .unwrap();
    }
}

fn copy(from: &Connection, to: &Connection) {
    let main = c"main".as_ptr();
    // SAFETY: both connections are open, and the backup is finished before this ends.
    unsafe {
        let backup = ffi::sqlite3_backup_init(to.handle(), main, from.handle(), main);
        assert!(!backup.is_null());
        assert_eq!(ffi::sqlite3_backup_step(backup, -1), ffi::SQLITE_DONE);
        assert_eq!(ffi::sqlite3_backup_finish(backup), ffi::SQLITE_OK);
    }
}

/// A row of `reward_addresses`.
pub type Row = Vec<Value>;

/// All rows of `reward_addresses`, by `rowid`. Calls no function, because the host may have redefined it.
pub fn rows(conn: &Connection) -> BTreeMap<i64, Row> {
    let sql = "SELECT rowid, id, user_id, chain_type, address, verification_status, verified_at, created_at
               FROM main.reward_addresses";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let values = (1..8).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        Ok((row.get(0)?, values))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// What stands in the host's `notes`, sorted.
pub fn notes(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT note FROM main.notes").unwrap();
    // What an authorizer hid from the trigger is NULL.
    let notes =
        statement.query_map([], |row| Ok(row.get::<_, Option<String>>(0)?.unwrap_or_default())).unwrap();
    let mut notes: Vec<String> = notes.collect::<Result<_, _>>().unwrap();
    notes.sort();
    notes
}

/// How many statements are open on the connection.
pub fn statements(conn: &Connection) -> usize {
    let mut count = 0;
    // SAFETY: the connection is open, and the statements are only counted.
    unsafe {
        let mut statement = ffi::sqlite3_next_stmt(conn.handle(), ptr::null_mut());
        while !statement.is_null() {
            count += 1;
            statement = ffi::sqlite3_next_stmt(conn.handle(), statement);
        }
    }
    count
}
