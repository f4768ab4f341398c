//! The clock of commits: the tables in which the host notes what it changed at which tick, and which markers it saw.
//!
//! Each transaction of the host's that changes users or facilitators is a tick. Before it changes anything, and while
//! nobody else can write, it notes the markers that are new to it. So a marker that was seen first at tick `t` was
//! committed after the commit of tick `t - 1` and before that of `t`: the state that counts for it is the one that tick
//! `t - 1` left.

use facilitator_markers::rusqlite::{self, Connection};

use crate::{PATIENCE, Setting};

/// Somebody for the first calls to enroll.
const FIRST_OWNERS: &str = r#"
    WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < 30)
    INSERT INTO "user" (id) SELECT 'User' || number FROM numbers;
    INSERT INTO facilitators (id, owner_address, created_at)
    SELECT 'f' || id, lower(id), '2026-01-05 10:00:00' FROM "user";
"#;

const TABLES: &str = r#"
    CREATE TABLE "user" (id TEXT PRIMARY KEY NOT NULL, name TEXT);
    CREATE TABLE facilitators (
        id TEXT PRIMARY KEY, owner_address TEXT NOT NULL, created_at TEXT NOT NULL, name TEXT
    );
    CREATE TABLE reward_addresses (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
        chain_type TEXT NOT NULL,
        address TEXT NOT NULL,
        verification_status TEXT NOT NULL DEFAULT 'pending',
        verified_at TEXT,
        created_at TEXT NOT NULL,
        UNIQUE (user_id, address)
    );
    CREATE INDEX idx_reward_addresses_user ON reward_addresses (user_id);
    CREATE INDEX idx_reward_addresses_chain ON reward_addresses (chain_type);

    CREATE TABLE clock (tick INTEGER NOT NULL);
    INSERT INTO clock VALUES (0);
    CREATE TABLE history (
        serial INTEGER PRIMARY KEY, tick INTEGER NOT NULL, added INTEGER NOT NULL, id TEXT, owner TEXT, date TEXT
    );
    CREATE TABLE seen (
        serial INTEGER PRIMARY KEY, tick INTEGER NOT NULL, id TEXT, user_id TEXT, created_at TEXT, gone INTEGER
    );
    CREATE INDEX seen_by_id ON seen (id);

    CREATE TRIGGER user_added AFTER INSERT ON "user" BEGIN
        INSERT INTO history (tick, added, id) SELECT tick, 1, NEW.id FROM clock;
    END;
    CREATE TRIGGER user_removed AFTER DELETE ON "user" BEGIN
        INSERT INTO history (tick, added, id) SELECT tick, 0, OLD.id FROM clock;
    END;
    CREATE TRIGGER facilitator_added AFTER INSERT ON facilitators BEGIN
        INSERT INTO history (tick, added, id, owner, date)
        SELECT tick, 1, NEW.id, NEW.owner_address, NEW.created_at FROM clock;
    END;
    CREATE TRIGGER facilitator_removed AFTER DELETE ON facilitators BEGIN
        INSERT INTO history (tick, added, id, owner, date)
        SELECT tick, 0, OLD.id, OLD.owner_address, OLD.created_at FROM clock;
    END;
    CREATE TRIGGER facilitator_dated AFTER UPDATE ON facilitators BEGIN
        INSERT INTO history (tick, added, id, owner, date)
        SELECT tick, 0, OLD.id, OLD.owner_address, OLD.created_at FROM clock;
        INSERT INTO history (tick, added, id, owner, date)
        SELECT tick, 1, NEW.id, NEW.owner_address, NEW.created_at FROM clock;
    END;
"#;

/// The one trigger on `reward_addresses`: when a marker came, by the clock as its own transaction sees it.
const NOTE: &str = "
    CREATE TABLE noted (id TEXT, tick INTEGER NOT NULL);
    CREATE TRIGGER marker_added AFTER INSERT ON reward_addresses BEGIN
        INSERT INTO noted SELECT NEW.id, tick FROM clock;
    END;";

pub fn create_tables(conn: &Connection, setting: &Setting) {
    conn.execute_batch(TABLES).unwrap();
    if setting.owner_index {
        conn.execute_batch("CREATE INDEX idx_facilitators_owner ON facilitators (owner_address)").unwrap();
    }
    if setting.noted_by_trigger {
        conn.execute_batch(NOTE).unwrap();
    }
    conn.execute_batch(FIRST_OWNERS).unwrap();
}

/// A connection of the host's that writes by the clock.
pub struct Clock<'c> {
    conn: &'c Connection,
}

impl<'c> Clock<'c> {
    pub fn new(conn: &'c Connection, setting: &Setting) -> Self {
        let foreign_keys = setting.foreign_keys;
        conn.execute_batch(&format!("PRAGMA foreign_keys = {foreign_keys}")).unwrap();
        Clock { conn }
    }

    /// One transaction of the host's, tried until it is committed.
    pub fn tick(&mut self, mut changes: impl FnMut(&Connection) -> rusqlite::Result<()>) {
        insist(self.conn, |conn| {
            conn.execute_batch(
                "BEGIN IMMEDIATE;
                 UPDATE clock SET tick = tick + 1;
                 INSERT INTO seen (tick, id, user_id, created_at)
                 SELECT tick, id, user_id, created_at FROM reward_addresses, clock
                 WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.id = reward_addresses.id AND gone IS NULL);",
            )?;
            changes(conn)?;
            conn.execute_batch(
                "UPDATE seen SET gone = (SELECT tick FROM clock)
                 WHERE gone IS NULL AND id NOT IN (SELECT id FROM reward_addresses);
                 COMMIT",
            )
        });
    }

    /// A transaction of the host's that it thinks better of.
    pub fn take_back(&mut self, mut changes: impl FnMut(&Connection) -> rusqlite::Result<()>) {
        insist(self.conn, |conn| {
            conn.execute_batch("BEGIN IMMEDIATE")?;
            changes(conn)?;
            conn.execute_batch("ROLLBACK")
        });
    }

    /// Moves all rows, if nobody is in the way.
    pub fn vacuum(&mut self) -> bool {
        self.conn.execute_batch("VACUUM").is_ok()
    }
}

/// Tries a transaction of the host's until nobody is in the way.
fn insist(conn: &Connection, mut transaction: impl FnMut(&Connection) -> rusqlite::Result<()>) {
    for _ in 0..PATIENCE {
        match transaction(conn) {
            Ok(()) => return,
            Err(error) => {
                if !conn.is_autocommit() {
                    conn.execute_batch("ROLLBACK").unwrap();
                }
                let code = error.sqlite_error().map(|error| error.extended_code & 0xff);
                let in_the_way =
                    [rusqlite::ffi::SQLITE_BUSY, rusqlite::ffi::SQLITE_LOCKED, rusqlite::ffi::SQLITE_SCHEMA];
                assert!(code.is_some_and(|code| in_the_way.contains(&code)), "the host: {error}");
                std::thread::yield_now();
            }
        }
    }
    panic!("the host is kept from writing");
}

/// Whether a trigger notes when markers come.
pub fn is_noted(conn: &Connection) -> bool {
    conn.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'noted'", [], |row| row.get(0)).unwrap()
}
