//! An engine that runs statements on a SQLite of its own, and fails where a test wants it to.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use facilitator_markers::rusqlite::types::ValueRef;
use facilitator_markers::rusqlite::{self, Connection, params_from_iter};
use facilitator_markers_rqlite::{Client, Error, Failure, Level, Markers, Progress, Report, Time};
use serde_json::Value;

pub(crate) const CLOCK: &str = "2026-11-27 12:00:00";

/// What becomes of a call.
pub(crate) enum Fate {
    Answered,
    /// The statement doesn't reach the engine.
    Unsent,
    /// The engine runs it, and nobody learns of that.
    AnswerLost,
}

/// A call that is about to be made.
pub(crate) struct Call<'c> {
    pub(crate) sql: &'c str,
    pub(crate) values: &'c [&'c str],
    /// How many statements that write were called before.
    pub(crate) writes: usize,
    /// How many calls of any kind were made before.
    pub(crate) calls: usize,
    /// To change what is there before the statement runs.
    pub(crate) conn: &'c Connection,
}

impl Call<'_> {
    pub(crate) fn is_write(&self) -> bool {
        self.sql.starts_with("INSERT")
    }
}

pub(crate) struct Engine<'f> {
    pub(crate) conn: Connection,
    pub(crate) writes: usize,
    calls: usize,
    fate: Box<dyn FnMut(&Call<'_>) -> Fate + 'f>,
}

impl<'f> Engine<'f> {
    /// An engine that answers everything.
    pub(crate) fn new(conn: Connection) -> Self {
        Self::with(conn, |_| Fate::Answered)
    }

    pub(crate) fn with(conn: Connection, fate: impl FnMut(&Call<'_>) -> Fate + 'f) -> Self {
        Engine { conn, writes: 0, calls: 0, fate: Box::new(fate) }
    }

    /// A backfill in pages of as many owners.
    pub(crate) fn backfill(&mut self, owners_per_page: usize) -> Result<Report, Error> {
        self.backfill_with(&Clock::new(), owners_per_page, &mut |_| ControlFlow::Continue(()))
    }

    pub(crate) fn backfill_with(
        &mut self,
        clock: &Clock,
        owners_per_page: usize,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Report, Error> {
        let mut markers = Markers::new(self, clock, watch);
        markers.owners_per_page = owners_per_page;
        markers.backfill()
    }

    fn call<T>(
        &mut self,
        sql: &str,
        values: &[&str],
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let call = Call { sql, values, writes: self.writes, calls: self.calls, conn: &self.conn };
        let is_write = call.is_write();
        let fate = (self.fate)(&call);
        self.calls += 1;
        self.writes += usize::from(is_write);
        match fate {
            Fate::Answered => Ok(run(&self.conn)?),
            Fate::Unsent => Err("connection refused".into()),
            Fate::AnswerLost => {
                run(&self.conn)?;
                Err("connection reset".into())
            }
        }
    }
}

impl Client for Engine<'_> {
    fn execute(&mut self, sql: &str, values: &[&str]) -> Result<u64, Failure> {
        self.call(sql, values, |conn| Ok(conn.execute(sql, params_from_iter(values))? as u64))
    }

    fn query(&mut self, sql: &str, values: &[&str], _level: Level) -> Result<Vec<Vec<Value>>, Failure> {
        self.call(sql, values, |conn| {
            let mut statement = conn.prepare(sql)?;
            let columns = statement.column_count();
            let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get_ref(at).map(json)).collect();
            statement.query_map(params_from_iter(values), read)?.collect()
        })
    }
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(_) => "AA==".into(),
    }
}

/// A clock that stands still, but for the pauses.
pub(crate) struct Clock {
    begun: Instant,
    waited: Cell<Duration>,
    pub(crate) pauses: RefCell<Vec<Duration>>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock { begun: Instant::now(), waited: Cell::default(), pauses: RefCell::default() }
    }
}

impl Time for Clock {
    fn now(&self) -> Instant {
        self.begun + self.waited.get()
    }

    fn wait(&self, pause: Duration) {
        self.waited.set(self.waited.get() + pause);
        self.pauses.borrow_mut().push(pause);
    }

    fn clock(&self) -> String {
        CLOCK.to_owned()
    }
}
