//! A host: a database at random, and the connections to it.

use std::ptr;

use facilitator_markers::rusqlite::{self, Connection, Params, ffi};
use facilitator_markers::{BackfillReport, Error};
use tempfile::TempDir;

use crate::contents::Contents;
use crate::data::Data;
use crate::harness::Case;
use crate::model::{Database, Row};
use crate::schema::Schema;
use crate::settings::Settings;
use crate::trigger::{self, Triggers};
use crate::watch::{Call, Watch};

pub struct Host {
    pub conn: Connection,
    pub schema: Schema,
    settings: Settings,
    pub triggers: Triggers,
    pub data: Data,
    pub watch: Watch,
    /// Whether the database may end a transaction in which a marker is refused.
    pub rolls_back: bool,
    directory: TempDir,
    /// Whether other connections write as well.
    has_others: bool,
}

impl Host {
    /// One with triggers of any kind; or one in a file, to which others can connect, and whose triggers write nothing when
    /// a marker is written.
    pub fn new(case: &mut Case, with_others: bool) -> Self {
        let schema = Schema::new(case, if with_others { 2 } else { 4 });
        let settings = Settings::new(case, with_others);
        let kinds: &[Triggers] = if with_others {
            &[Triggers::None, Triggers::None, Triggers::None, Triggers::TurnAway]
        } else {
            &[Triggers::None, Triggers::None, Triggers::TurnAway, Triggers::Write, Triggers::Write]
        };
        let triggers = case.pick(kinds);
        let created = trigger::some(case, triggers);
        let (conn, directory) = settings.create();
        case.tell(format!("PRAGMA {}\n{};", settings.describe(), schema.describe()));
        schema.create(&conn).unwrap();
        conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        let data = Data::new(case, schema.is_plain, with_others || triggers == Triggers::Write);
        data.fill(&conn, case);
        let mut host = Host {
            rolls_back: schema.rolls_back || created.iter().any(|trigger| trigger.rolls_back),
            conn,
            schema,
            settings,
            triggers,
            data,
            watch: Watch::default(),
            directory,
            has_others: with_others,
        };
        case.tell(format!("{:?}", host.read()));
        host.schema.replace(&host.conn).unwrap();
        if !host.schema.is_missing {
            if triggers == Triggers::Write {
                host.watch.set(&host.conn, host.schema.facilitator_id).unwrap();
            }
            for trigger in &created {
                case.tell(format!("{};", trigger.sql));
                host.conn.execute_batch(&trigger.sql).unwrap();
            }
        } else {
            host.triggers = Triggers::None;
        }
        host.settings.set(&host.conn);
        host
    }

    /// Another connection to the same file.
    pub fn connect_again(&self) -> Connection {
        self.settings.connect(&self.directory)
    }

    /// The tables for the model; nothing where one is missing.
    pub fn read(&self) -> Database {
        let read = Database::read_with(&self.conn, self.schema.facilitator_id, "1");
        match read {
            Ok(mut database) => {
                // A table without rowid has no order of arrival.
                database.rows.sort_by_key(|row| format!("{row:?}"));
                database
            }
            Err(error) if self.schema.is_missing => {
                drop(error);
                Database { users: Vec::new(), facilitators: Vec::new(), rows: Vec::new() }
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes a call and holds it to what any call promises of any database.
    pub fn call<T>(&self, which: Call, call: impl FnOnce(&Connection) -> Result<T, Error>) -> Called<T> {
        let autocommit = self.conn.is_autocommit();
        let before = Contents::read(&self.conn).unwrap();
        self.watch.expect(which);
        // A virtual table keeps statements of its own, until SQLite reads the schema anew.
        let open = statements(&self.conn);
        let result = call(&self.conn);
        assert!(statements(&self.conn) <= open, "a statement is left");
        let has_ended = !autocommit && self.conn.is_autocommit();
        assert_eq!(has_ended, matches!(result, Err(Error::TransactionEnded { .. })));
        assert!(!has_ended || self.rolls_back, "nothing here ends a transaction");
        assert!(!autocommit || self.conn.is_autocommit(), "a transaction is left open");
        let after = Contents::read(&self.conn).unwrap();
        if has_ended {
            return Called { result, added: 0, has_ended };
        }
        let added = if self.triggers == Triggers::Write {
            self.watch.markers() as usize
        } else {
            after.since(&before, "reward_addresses").unwrap_or_else(|what| panic!("{what}"))
        };
        match &result {
            Err(Error::MissingSchema { missing }) => {
                assert!(self.schema.is_missing && added == 0, "{missing:?}")
            }
            Err(Error::UnreadableDate { .. }) => assert_eq!(added, 0),
            Err(Error::MarkerRefused { .. }) | Ok(_) => {
                assert!(!self.schema.is_missing, "a table is missing")
            }
            // Another connection is in the way.
            Err(error) if self.has_others && error.is_retryable() => assert_eq!(added, 0),
            Err(error) => panic!("{error:?}"),
        }
        Called { result, added, has_ended }
    }

    /// As [`Host::call`], of one that may not even get ready to write.
    pub fn reading<T>(&self, call: impl FnOnce(&Connection) -> Result<T, Error>) -> Called<T> {
        self.conn.execute_batch("PRAGMA query_only = ON").unwrap();
        let called = self.call(Call::Reading, call);
        self.conn.execute_batch("PRAGMA query_only = OFF").unwrap();
        assert_eq!(called.added, 0);
        called
    }
}

/// What a call came to.
pub struct Called<T> {
    pub result: Result<T, Error>,
    /// How many rows it added to `reward_addresses`.
    pub added: usize,
    /// Whether the host's transaction is gone.
    pub has_ended: bool,
}

/// The rows that came to `reward_addresses`, the others being there as before.
pub fn added(before: &Database, after: &Database) -> Vec<Row> {
    let mut added = after.rows.clone();
    for row in &before.rows {
        let place = added.iter().position(|other| other == row).unwrap_or_else(|| panic!("{row:?} is gone"));
        added.remove(place);
    }
    added
}

/// What every report says of itself.
pub fn check_sum(report: &BackfillReport) {
    let BackfillReport { owners, created, already_enrolled, unreadable_date, refused, .. } = *report;
    assert_eq!(owners, created + already_enrolled + unreadable_date + refused, "{report:?}");
}

/// How many statements a connection has.
fn statements(conn: &Connection) -> usize {
    // SAFETY: the connection is open, and no statement of it is touched.
    let next = |statement| unsafe { ffi::sqlite3_next_stmt(conn.handle(), statement) };
    let first = next(ptr::null_mut());
    std::iter::successors(Some(first), |statement| Some(next(*statement)))
        .take_while(|one| !one.is_null())
        .count()
}

/// Runs a statement, also where the host has asked for a row that counts the changes.
pub fn run(conn: &Connection, sql: &str, parameters: impl Params) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    while rows.next()?.is_some() {}
    Ok(())
}
