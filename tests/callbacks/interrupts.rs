//! Interrupts, from everywhere, at every moment.

use std::fmt;
use std::sync::Arc;
use std::thread;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::{Call, calls};
use crate::callbacks::{Callbacks, Event, Kind};
use crate::case::all;
use crate::database::{JOURNAL, LOOSE, NOTED, USUAL, WAL};
use crate::fault::{Armed, Fault};
use crate::function::Answer;
use crate::harness::try_all;
use crate::setting::{SETTINGS, Setting};
use crate::watch::Watch;

/// Where an interrupt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interrupt {
    /// The progress handler stops the statement.
    Stop,
    /// `sqlite3_interrupt()` from the progress handler.
    Instruction,
    /// The same while a statement is prepared.
    Preparation,
    Beginning,
    End,
    /// From another thread, at the end of a statement.
    OtherThread,
    Row,
    Trigger,
    /// From what the library tells something, or how far it is.
    Told,
}

const INTERRUPTS: [Interrupt; 9] = [
    Interrupt::Stop,
    Interrupt::Instruction,
    Interrupt::Preparation,
    Interrupt::Beginning,
    Interrupt::End,
    Interrupt::OtherThread,
    Interrupt::Row,
    Interrupt::Trigger,
    Interrupt::Told,
];

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interrupt::Stop => "the progress handler stops a statement",
            Interrupt::Instruction => "an interrupt while a statement runs",
            Interrupt::Preparation => "an interrupt while a statement is prepared",
            Interrupt::Beginning => "an interrupt when a statement begins",
            Interrupt::End => "an interrupt when a statement has ended",
            Interrupt::OtherThread => "an interrupt from another thread",
            Interrupt::Row => "an interrupt at a row",
            Interrupt::Trigger => "an interrupt from a trigger",
            Interrupt::Told => "an interrupt from where the library tells something",
        })
    }
}

/// How what is begun to end a transaction begins.
const ENDINGS: [&str; 4] = ["RELEASE", "ROLLBACK", "COMMIT", "--"];

impl Fault for Interrupt {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        let kinds: &[Kind] = match self {
            Interrupt::Stop | Interrupt::Instruction => &[Kind::Trace, Kind::Progress],
            Interrupt::Preparation => &[Kind::Trace, Kind::Authorizer],
            _ => &[Kind::Trace],
        };
        let handle = Arc::new(conn.get_interrupt_handle());
        Box::new(Callbacks::set(conn, kinds, move |event| {
            if let Event::Begins(sql) = event {
                watch.note(sql);
            }
            match (self, event) {
                (Interrupt::Stop, Event::Instruction) => return watch.is_now().into(),
                (Interrupt::Instruction, Event::Instruction)
                | (Interrupt::Preparation, Event::Action(_))
                | (Interrupt::Beginning, Event::Begins(_))
                | (Interrupt::End, Event::Ends)
                | (Interrupt::Row, Event::Row)
                    if watch.is_now() =>
                {
                    handle.interrupt();
                }
                (Interrupt::OtherThread, Event::Ends) if watch.is_now() => {
                    let handle = Arc::clone(&handle);
                    let _ = thread::spawn(move || handle.interrupt()).join();
                }
                _ => {}
            }
            0
        }))
    }

    fn act(&self, conn: &Connection, watch: &Watch) -> Answer {
        if *self == Interrupt::Trigger && watch.is_now() {
            conn.get_interrupt_handle().interrupt();
        }
        Answer::Null
    }

    fn hears(&self, _: Call, conn: &Connection, watch: &Watch) -> bool {
        if *self == Interrupt::Told && watch.is_now() {
            conn.get_interrupt_handle().interrupt();
        }
        true
    }

    /// As long as a SELECT of the host's runs, SQLite interrupts whatever would undo a part of its transaction.
    fn may_prevent_undoing(&self, setting: Setting) -> bool {
        setting == Setting::SelectInTransaction
    }

    fn judge(&self, _: Call, watch: &Watch, error: Option<&Error>) -> Result<(), String> {
        let Some(begun) = watch.begun_since() else { return Ok(()) };
        match error {
            Some(error) if error.code() & 0xff == ffi::SQLITE_INTERRUPT => Ok(()),
            None => {
                let is_ending = |sql: &&String| ENDINGS.iter().any(|ending| sql.starts_with(ending));
                match begun.iter().find(|sql| !is_ending(sql)) {
                    // That was one statement's.
                    _ if *self == Interrupt::Stop => Ok(()),
                    // It came while the statement was prepared that a call holds interrupts with: before the call.
                    Some(sql) if sql.starts_with("VALUES") => Ok(()),
                    None => Ok(()),
                    Some(sql) => {
                        let sql: String = sql.chars().take(60).collect();
                        Err(format!(
                            "the interrupt is forgotten: after it began {sql}, and {} more",
                            begun.len() - 1
                        ))
                    }
                }
            }
            Some(error) => Err(format!("the interrupt is answered with {}: {error}", error.code())),
        }
    }
}

#[test]
fn an_interrupt_at_any_moment_ends_the_call_and_nothing_else() {
    let hosts = [USUAL, LOOSE, NOTED, WAL, JOURNAL];
    let cases = all(&hosts, &SETTINGS, &calls(), &INTERRUPTS);
    try_all("interrupts::an_interrupt_at_any_moment_ends_the_call_and_nothing_else", &cases, 375);
}
