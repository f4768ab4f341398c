//! Callbacks that call the library, or do something of their own, while the library runs.

use std::fmt;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::{CALLS, Call, Task, calls, writing};
use crate::callbacks::{Callbacks, Event, Kind};
use crate::case::all;
use crate::database::{Host, JOURNAL, NOTED, Shape, Store, USUAL, WAL};
use crate::fault::{Armed, Fault, Nothing};
use crate::function::Answer;
use crate::harness::try_all;
use crate::run::Run;
use crate::setting::{SETTINGS, Setting};
use crate::watch::Watch;

/// What a callback does.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    Library(Call),
    Sql(&'static str),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Library(call) => write!(f, "calls {call}"),
            Deed::Sql(sql) => f.write_str(sql),
        }
    }
}

impl Deed {
    /// Does it; whether it was done.
    pub fn is_done(self, conn: &Connection) -> bool {
        match self {
            Deed::Library(call) => matches!(Run::new(call, conn).go(&Watch::new(0), &Nothing), Ok(Ok(_))),
            Deed::Sql(sql) => conn.execute_batch(sql).is_ok(),
        }
    }

    fn writes(self) -> bool {
        matches!(self, Deed::Library(_))
    }
}

/// Another use of the same connection, as a C function gets it.
pub fn again(conn: &Connection) -> Connection {
    // SAFETY: the connection is open for longer, and on the same thread.
    unsafe { Connection::from_handle(conn.handle()) }.unwrap()
}

/// What a host's trigger on `reward_addresses` does, once.
#[derive(Debug, Clone)]
struct Trigger {
    deed: Deed,
    /// Whether the trigger fails where that fails.
    fails: bool,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = if self.fails { "fails" } else { "goes on" };
        write!(f, "a trigger {}, and {failure} if that fails", self.deed)
    }
}

impl Fault for Trigger {
    fn act(&self, conn: &Connection, watch: &Watch) -> Answer {
        if watch.is_now() && !watch.aside(|| self.deed.is_done(&again(conn))) && self.fails {
            return Answer::Error(ffi::SQLITE_ERROR);
        }
        Answer::Null
    }

    fn writes_others(&self) -> bool {
        self.deed.writes()
    }
}

/// What a host does on another connection to the same file, or on this one, while a callback has the word.
#[derive(Debug, Clone)]
struct Meanwhile {
    kind: Kind,
    call: Call,
    on_same: bool,
}

impl fmt::Display for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.on_same { "the same connection" } else { "another connection" };
        write!(f, "a callback ({:?}) calls {} on {place}", self.kind, self.call)
    }
}

impl Fault for Meanwhile {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        let other = if self.on_same {
            again(conn)
        } else {
            let other = Connection::open(conn.path().unwrap()).unwrap();
            other.execute_batch("PRAGMA busy_timeout = 0; PRAGMA foreign_keys = ON").unwrap();
            other
        };
        Box::new(Callbacks::set(conn, &[self.kind], move |event| {
            if matches!(event, Event::Row) {
                return 0;
            }
            if watch.is_now() {
                let deed = Deed::Library(self.call);
                watch.aside(|| deed.is_done(&other));
            }
            0
        }))
    }

    fn writes_others(&self) -> bool {
        true
    }
}

#[test]
fn a_trigger_may_call_the_library_and_do_what_it_likes() {
    let sql = [
        "ROLLBACK",
        "COMMIT",
        "BEGIN",
        "SAVEPOINT inner",
        "RELEASE host",
        "VACUUM",
        "PRAGMA user_version = 7",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "ANALYZE",
        "REINDEX",
        "CREATE TABLE another (id)",
        "CREATE TEMP TABLE reward_addresses (id)",
        "DROP INDEX idx_reward_addresses_user",
        "ALTER TABLE reward_addresses ADD COLUMN more",
        "ATTACH ':memory:' AS another",
        "UPDATE main.\"user\" SET name = 'Another'",
        "SELECT no_such_function()",
    ];
    let deeds = CALLS.map(Deed::Library).into_iter().chain(sql.map(Deed::Sql));
    let faults: Vec<_> = deeds.flat_map(|deed| [false, true].map(|fails| Trigger { deed, fails })).collect();
    let hosts = [Store::Memory, Store::Wal, Store::Journal].map(|store| Host { shape: Shape::Noted, store });
    let cases = all(&hosts, &SETTINGS, &writing(), &faults);
    try_all("reentry::a_trigger_may_call_the_library_and_do_what_it_likes", &cases, 240);
}

#[test]
fn a_callback_may_call_the_library_on_another_connection() {
    let kinds = [Kind::Progress, Kind::Authorizer, Kind::Trace, Kind::Commit, Kind::Rollback, Kind::Update];
    let deeds = [Call::Ensure("Ada"), Call::Whole(Task::Backfill), Call::Whole(Task::Repair), Call::Skipped];
    let other = kinds.into_iter().flat_map(|kind| deeds.map(|call| Meanwhile { kind, call, on_same: false }));
    let cases =
        all(&[WAL, JOURNAL], &[Setting::Autocommit, Setting::Select], &calls(), &other.collect::<Vec<_>>());
    try_all("reentry::a_callback_may_call_the_library_on_another_connection", &cases, 180);
}

#[test]
fn a_trace_callback_may_call_the_library_on_the_same_connection() {
    let deeds = [
        Call::Ensure("Ada"),
        Call::Whole(Task::Backfill),
        Call::Preview,
        Call::Skipped,
        Call::Whole(Task::Repair),
        Call::Audit,
    ];
    let faults = deeds.map(|call| Meanwhile { kind: Kind::Trace, call, on_same: true });
    let cases = all(&[USUAL, NOTED, WAL], &SETTINGS, &calls(), &faults);
    try_all("reentry::a_trace_callback_may_call_the_library_on_the_same_connection", &cases, 180);
}
