//! What a host does where the library tells it something.

use std::fmt;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::{Call, Task, calls};
use crate::case::all;
use crate::database::{JOURNAL, LOOSE, NOTED, UNSETTLED, USUAL, WAL};
use crate::fault::Fault;
use crate::harness::try_all;
use crate::reentry::{Deed, again};
use crate::setting::{SETTINGS, Setting};
use crate::watch::Watch;

/// The host fails: what it is given to hear with returns other than 0 in C, and panics in Rust.
#[derive(Debug, Clone)]
struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host fails where it is told something")
    }
}

impl Fault for Fails {
    fn hears(&self, _: Call, _: &Connection, watch: &Watch) -> bool {
        !watch.is_now()
    }

    fn judge(&self, _: Call, watch: &Watch, error: Option<&Error>) -> Result<(), String> {
        match (watch.begun_since(), error.map(Error::code)) {
            (Some(_), Some(ffi::SQLITE_ABORT)) | (None, None) => Ok(()),
            (_, code) => Err(format!("a failure of the host's is answered with {code:?}")),
        }
    }
}

/// The host calls the library on the same connection, or on another one. Where a repair tells, it must not use its own.
#[derive(Debug, Clone)]
struct Calls {
    call: Call,
    on_other: bool,
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.on_other { "another connection" } else { "the same connection" };
        write!(f, "the host calls {} on {place} where it is told something", self.call)
    }
}

impl Fault for Calls {
    fn hears(&self, call: Call, conn: &Connection, watch: &Watch) -> bool {
        let may_use_it = call.task() != Some(Task::Repair);
        if (self.on_other || may_use_it) && watch.is_now() {
            let deed = Deed::Library(self.call);
            watch.aside(|| match conn.path().filter(|_| self.on_other) {
                Some(path) => {
                    let other = Connection::open(path).unwrap();
                    other.execute_batch("PRAGMA busy_timeout = 0; PRAGMA foreign_keys = ON").unwrap();
                    deed.is_done(&other)
                }
                None => deed.is_done(&again(conn)),
            });
        }
        true
    }

    fn writes_others(&self) -> bool {
        self.call.writes()
    }
}

/// Those that tell something.
fn telling() -> Vec<Call> {
    let mut calls = calls();
    calls.retain(|call| {
        matches!(call.in_rust(), Call::Due | Call::Skipped | Call::Audit | Call::Complete(..))
            || call.task() == Some(Task::Repair)
    });
    calls
}

#[test]
fn a_host_that_fails_where_it_is_told_something_ends_the_call() {
    let cases = all(&[USUAL, LOOSE, NOTED, UNSETTLED, WAL, JOURNAL], &SETTINGS, &telling(), &[Fails]);
    try_all("tellings::a_host_that_fails_where_it_is_told_something_ends_the_call", &cases, 120);
}

#[test]
fn a_host_may_call_the_library_where_it_is_told_something() {
    let deeds = [
        Call::Ensure("Ada"),
        Call::Whole(Task::Backfill),
        Call::Skipped,
        Call::Audit,
        Call::Whole(Task::Repair),
    ];
    let faults = |on_other| deeds.map(|call| Calls { call, on_other });
    let mut cases = all(&[USUAL, LOOSE, NOTED, WAL, JOURNAL], &SETTINGS, &telling(), &faults(false));
    let settings = [Setting::Autocommit, Setting::Select];
    cases.extend(all(&[WAL, JOURNAL], &settings, &telling(), &faults(true)));
    try_all("tellings::a_host_may_call_the_library_where_it_is_told_something", &cases, 120);
}
