//! Limits that the host has lowered, and what it has switched on or off.

use std::ffi::c_int;
use std::fmt;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::calls;
use crate::callbacks::{Callbacks, Event, Kind};
use crate::case::all;
use crate::database::{JOURNAL, LOOSE, NOTED, USUAL, WAL};
use crate::fault::{Armed, Fault};
use crate::harness::try_all;
use crate::setting::SETTINGS;
use crate::watch::Watch;

/// The limits, by their numbers. See <https://sqlite.org/c3ref/c_limit_attached.html>.
const LIMITS: [&str; 12] = [
    "LENGTH",
    "SQL_LENGTH",
    "COLUMN",
    "EXPR_DEPTH",
    "COMPOUND_SELECT",
    "VDBE_OP",
    "FUNCTION_ARG",
    "ATTACHED",
    "LIKE_PATTERN_LENGTH",
    "VARIABLE_NUMBER",
    "TRIGGER_DEPTH",
    "WORKER_THREADS",
];

/// A limit that is lowered while the library is called.
#[derive(Debug, Clone)]
struct Limit {
    limit: usize,
    value: c_int,
    /// Only when the statement of the chosen moment begins.
    is_later: bool,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.is_later { ", from one statement on" } else { "" };
        write!(f, "SQLITE_LIMIT_{} is {}{when}", LIMITS[self.limit], self.value)
    }
}

/// A limit that is put back.
struct Lowered<'c> {
    conn: &'c Connection,
    limit: c_int,
    before: c_int,
}

impl Fault for Limit {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        let limit = self.limit as c_int;
        // SAFETY: the connection is open.
        let db = unsafe { conn.handle() };
        // SAFETY: as above.
        let lower = move |value| unsafe { ffi::sqlite3_limit(db, limit, value) };
        let before = lower(if self.is_later { -1 } else { self.value });
        let callbacks = self.is_later.then(|| {
            Callbacks::set(conn, &[Kind::Trace], move |event| {
                if matches!(event, Event::Begins(_)) && watch.is_now() {
                    lower(self.value);
                }
                0
            })
        });
        Box::new((callbacks, Lowered { conn, limit, before }))
    }
}

impl Drop for Lowered<'_> {
    fn drop(&mut self) {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_limit(self.conn.handle(), self.limit, self.before) };
    }
}

#[test]
fn a_lowered_limit_fails_a_call_or_leaves_it_right() {
    let mut faults = Vec::new();
    for limit in 0..LIMITS.len() {
        let small = 0..40;
        let larger = (1..60).map(|step| 40 + step * step);
        let values = small.chain(larger);
        faults
            .extend(values.flat_map(|value| [false, true].map(|is_later| Limit { limit, value, is_later })));
    }
    let hosts = [USUAL, LOOSE, NOTED, WAL, JOURNAL];
    let cases = all(&hosts, &SETTINGS, &calls(), &faults);
    try_all("limits::a_lowered_limit_fails_a_call_or_leaves_it_right", &cases, 160);
}
