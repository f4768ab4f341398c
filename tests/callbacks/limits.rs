//! Limits that the host has lowered, and what it has switched on or off.

use std::ffi::c_int;
use std::fmt;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::calls;
use crate::callbacks::{Callbacks, Event, Kind};
use crate::case::all;
use crate::database::{LOOSE, NOTED, USUAL, WAL};
use crate::fault::{Armed, Fault};
use crate::harness::try_all;
use crate::setting::{SETTINGS, Setting};
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

/// Those of lengths, columns, depths of expressions, instructions and parameters.
const MATTERING: [usize; 6] = [0, 1, 2, 3, 5, 9];

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

    /// A statement with too many instructions is lack of memory, which SQLite answers to everything as long as a SELECT
    /// of the host's runs.
    fn may_prevent_undoing(&self, setting: Setting) -> bool {
        setting.is_select()
    }

    /// The statement that writes one is the longest.
    fn may_refuse_every_marker(&self) -> bool {
        true
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
        let values = (0..20).chain((1..70).map(|step| 20 + step * step));
        // The library's statements come near none of the others.
        let values = values.filter(|value| *value < 4 || MATTERING.contains(&limit));
        faults
            .extend(values.flat_map(|value| [false, true].map(|is_later| Limit { limit, value, is_later })));
    }
    let hosts = [USUAL, LOOSE, NOTED, WAL];
    let cases = all(&hosts, &SETTINGS, &calls(), &faults);
    try_all("limits::a_lowered_limit_fails_a_call_or_leaves_it_right", &cases, 240);
}
