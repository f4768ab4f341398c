//! Commit hooks that refuse, hooks that only look on, and busy handlers that give up.

use std::fmt;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::{Call, Task, calls};
use crate::callbacks::{Callbacks, Event, Kind};
use crate::case::all;
use crate::database::{JOURNAL, LOOSE, NOTED, UNSETTLED, USUAL, WAL};
use crate::fault::{Armed, Fault};
use crate::harness::try_all;
use crate::reentry::{Deed, again};
use crate::setting::{SETTINGS, Setting};
use crate::watch::Watch;

/// A host's hooks, of which the one for commits refuses one, or all from one on.
#[derive(Debug, Clone)]
struct Hooks {
    refuses_all: bool,
}

impl fmt::Display for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.refuses_all {
            "a commit hook refuses all from one on"
        } else {
            "a commit hook refuses one"
        })
    }
}

impl Fault for Hooks {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        let kinds = [Kind::Commit, Kind::Rollback, Kind::Update, Kind::Trace, Kind::Progress];
        Box::new(Callbacks::set(conn, &kinds, |event| match event {
            Event::Commit if self.refuses_all => watch.is_now_or_later().into(),
            Event::Commit => watch.is_now().into(),
            _ => 0,
        }))
    }

    fn judge(&self, _: Call, _: &Watch, error: Option<&Error>) -> Result<(), String> {
        match error.map(Error::code) {
            None | Some(ffi::SQLITE_CONSTRAINT_COMMITHOOK) => Ok(()),
            Some(code) => Err(format!("a refused commit is answered with another code: {code}")),
        }
    }
}

/// Another connection that holds a lock, which the busy handler may wait for.
#[derive(Debug, Clone)]
struct Busy {
    lock: &'static str,
    /// Whether the chosen moment ends the other's transaction; otherwise it is when the handler gives up.
    ends: bool,
    /// What the handler calls before that, on the other connection and on this one. On the latter a busy handler
    /// may only read.
    calls: Option<[Call; 2]>,
}

/// How often a busy handler of a host's waits at most.
const MOST_WAITS: u64 = 5;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.ends { "ends" } else { "goes on when the busy handler gives up" };
        write!(f, "another connection's {} {end}", self.lock)?;
        if let Some([on_other, on_same]) = self.calls {
            write!(f, "; it calls {on_other} on the other connection, and {on_same} on this one")?;
        }
        Ok(())
    }
}

impl Fault for Busy {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        let other = Connection::open(conn.path().unwrap()).unwrap();
        other.execute_batch("PRAGMA busy_timeout = 0").unwrap();
        // A SELECT of the host's may be in its way.
        let _ = other.execute_batch(self.lock);
        Box::new(Callbacks::set(conn, &[Kind::Busy], move |_| {
            if watch.is_now() {
                if let Some([on_other, on_same]) = self.calls {
                    watch.aside(|| {
                        Deed::Library(on_other).is_done(&other);
                        Deed::Library(on_same).is_done(&again(conn));
                    });
                }
                if self.ends {
                    let _ = other.execute_batch("COMMIT");
                }
                return self.ends.into();
            }
            (watch.is_listening() && watch.passed() < MOST_WAITS).into()
        }))
    }

    fn writes_others(&self) -> bool {
        self.calls.is_some()
    }

    fn judge(&self, _: Call, _: &Watch, error: Option<&Error>) -> Result<(), String> {
        match error.map(|error| error.code() & 0xff) {
            None | Some(ffi::SQLITE_BUSY) => Ok(()),
            Some(code) => Err(format!("a busy database is answered with {code}")),
        }
    }
}

#[test]
fn a_commit_that_a_hook_refuses_is_undone_and_can_be_repeated() {
    let hosts = [USUAL, LOOSE, NOTED, UNSETTLED, WAL, JOURNAL];
    let faults = [Hooks { refuses_all: false }, Hooks { refuses_all: true }];
    let cases = all(&hosts, &SETTINGS, &calls(), &faults);
    try_all("hooks::a_commit_that_a_hook_refuses_is_undone_and_can_be_repeated", &cases, 180);
}

#[test]
fn a_busy_handler_that_gives_up_or_waits_makes_no_outcome_wrong() {
    let locks = ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"];
    let mut faults = Vec::new();
    for (lock, ends) in locks.into_iter().flat_map(|lock| [(lock, false), (lock, true)]) {
        let calls = [
            None,
            Some([Call::Whole(Task::Backfill), Call::Preview]),
            Some([Call::Ensure("Ada"), Call::Ensure("Zoe")]),
            Some([Call::Whole(Task::Repair), Call::Audit]),
        ];
        faults.extend(calls.map(|calls| Busy { lock, ends, calls }));
    }
    let cases = all(&[WAL, JOURNAL], &[Setting::Autocommit, Setting::Select], &calls(), &faults);
    try_all("hooks::a_busy_handler_that_gives_up_or_waits_makes_no_outcome_wrong", &cases, 180);
}
