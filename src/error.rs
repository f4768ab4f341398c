//! What can go wrong, for the person who has to act on it.

use std::ffi::c_int;

use rusqlite::{Connection, ffi};

use crate::refused::{Refusal, RefusedMarker};
use crate::report::BackfillReport;
use crate::schema::Missing;

/// Why a call failed.
///
/// Each message names the table, column, row or date, and what to do. [`Error::code`] gives SQLite's result
/// code where a program has to decide (try again when busy, say); no program needs to read the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The enrollment date given to [`create_facilitator_marker`](crate::create_facilitator_marker) can't be
    /// read. Nothing was read or written.
    #[error(
        "enrollment date {date:?} can't be read: pass YYYY-MM-DD, optionally with HH:MM[:SS[.fraction]] after \
         one space or T, and then Z or +HH:MM/-HH:MM"
    )]
    UnreadableDate {
        /// The argument, as it was passed.
        date: String,
    },

    /// The host's schema lacks tables, columns or unique constraints that markers need. Nothing was written.
    #[error("the database lacks {}: run the host's migrations first, or check that this is the host's database",
        list(.missing))]
    MissingSchema {
        /// All that is missing, not just the first.
        missing: Vec<Missing>,
    },

    /// A CHECK constraint on `reward_addresses` rejects the marker, usually because its list of `chain_type`
    /// values is older than markers.
    #[error(
        "reward_addresses rejects markers ({message}): run the host's migration that lets chain_type be \
         'facilitator', then try again"
    )]
    MarkerRejected {
        /// SQLite's own text, which names the constraint.
        message: String,
    },

    /// Markers that are missing and can't be written, because another row is in their place. These users stay
    /// unenrolled until somebody acts. A backfill has visited every other owner, and kept its work, before it
    /// returns this.
    #[error("{} can't be enrolled: {first}", users(*.count))]
    MarkerRefused {
        /// How many users can't be enrolled: 1 for `create` and `ensure`.
        count: u64,
        /// The first of them.
        first: RefusedMarker,
        /// What a backfill did all the same, or what a preview foresees; `None` for `create` and `ensure`.
        /// Here `owners` is greater than `created + already_enrolled + unreadable_date`, by `count`.
        report: Option<Box<BackfillReport>>,
    },

    /// The SQLite library that runs is older than 3.40. Nothing was read or written.
    #[error("SQLite {version} is too old: facilitator markers need 3.40 or later")]
    UnsupportedSqlite {
        /// The version that runs, such as `3.39.4`.
        version: &'static str,
    },

    /// The call failed, and SQLite itself ended the host's transaction with it: after an interrupted write,
    /// an I/O error, a full disk, lack of memory, or a ROLLBACK clause of the host's own. All that the
    /// host wrote in that transaction is undone.
    #[error("{cause}; SQLite has rolled back the whole transaction that this was part of: begin it again")]
    TransactionEnded {
        /// What failed.
        cause: Box<Error>,
    },

    /// The call failed, and its own work could not be undone: SQLite refused to roll back to the call's
    /// savepoint, or to roll back the transaction that the call had begun.
    #[error("{cause}; and what the call had written could not be undone ({undo}): ROLLBACK the transaction")]
    NotUndone {
        /// What failed first.
        cause: Box<Error>,
        /// Why undoing failed.
        undo: rusqlite::Error,
    },

    /// Any other error of SQLite, such as `SQLITE_BUSY`, `SQLITE_READONLY`, `SQLITE_FULL` or
    /// `SQLITE_INTERRUPT`.
    #[error("{doing} failed: {} (SQLite code {code}){}", text_of(source), advice(*.code))]
    Sqlite {
        /// What the library was doing, such as `writing a marker`.
        doing: &'static str,
        /// SQLite's extended result code, whether or not the host has turned extended codes on.
        /// See <https://sqlite.org/rescode.html>.
        code: c_int,
        /// The error as rusqlite gives it, with SQLite's text.
        source: rusqlite::Error,
    },
}

impl Error {
    /// SQLite's extended result code for this failure, such as 5 (`SQLITE_BUSY`) or 517
    /// (`SQLITE_BUSY_SNAPSHOT`).
    ///
    /// A date that can't be read is `SQLITE_MISUSE`, a missing table, column or constraint and a SQLite that
    /// is too old are `SQLITE_ERROR`, a CHECK is `SQLITE_CONSTRAINT_CHECK`, a blocked marker is
    /// `SQLITE_CONSTRAINT_UNIQUE` where a row holds its place and `SQLITE_CONSTRAINT_TRIGGER` where the table
    /// didn't keep it.
    pub fn code(&self) -> c_int {
        match self {
            Error::UnreadableDate { .. } => ffi::SQLITE_MISUSE,
            Error::MissingSchema { .. } | Error::UnsupportedSqlite { .. } => ffi::SQLITE_ERROR,
            Error::MarkerRejected { .. } => ffi::SQLITE_CONSTRAINT_CHECK,
            Error::MarkerRefused { first, .. } => match first.obstacle {
                Refusal::IdTaken { .. } | Refusal::AddressTaken { .. } => ffi::SQLITE_CONSTRAINT_UNIQUE,
                Refusal::NotKept => ffi::SQLITE_CONSTRAINT_TRIGGER,
            },
            Error::TransactionEnded { cause } | Error::NotUndone { cause, .. } => cause.code(),
            Error::Sqlite { code, .. } => *code,
        }
    }

    /// The error for what SQLite has just answered on `conn`: call it before anything else uses `conn`.
    pub(crate) fn from_sqlite(conn: &Connection, doing: &'static str, source: rusqlite::Error) -> Self {
        let reported = source.sqlite_error().map_or(ffi::SQLITE_ERROR, |failure| failure.extended_code);
        let code = extended_code(conn, reported);
        if code == ffi::SQLITE_CONSTRAINT_CHECK {
            return Error::MarkerRejected { message: text_of(&source) };
        }
        Error::Sqlite { doing, code, source }
    }
}

/// `reported`, or the extended code behind it where the connection reports primary codes only, as a raw
/// handle does unless its host turned extended codes on.
fn extended_code(conn: &Connection, reported: c_int) -> c_int {
    // SAFETY: the handle is only read, and `conn` keeps it open meanwhile; the crate's callers promise not to
    // use a connection from two threads at once, which `Connection: !Sync` holds them to.
    let last = unsafe { ffi::sqlite3_extended_errcode(conn.handle()) };
    if last & 0xff == reported { last } else { reported }
}

/// Says, where SQLite answers with an error, what the library was doing.
pub(crate) trait During<T> {
    /// The value, or the error with its extended code, which is read from `conn`.
    fn during(self, conn: &Connection, doing: &'static str) -> Result<T, Error>;
}

impl<T> During<T> for rusqlite::Result<T> {
    fn during(self, conn: &Connection, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::from_sqlite(conn, doing, source))
    }
}

fn text_of(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

fn advice(code: c_int) -> &'static str {
    match (code, code & 0xff) {
        (ffi::SQLITE_BUSY_SNAPSHOT, _) => {
            ": another connection has written since this transaction began to read; roll it back and begin it again \
             with BEGIN IMMEDIATE"
        }
        (_, ffi::SQLITE_BUSY) => {
            ": another connection, or a statement that is still running on this one, is in the way; try again"
        }
        (_, ffi::SQLITE_LOCKED) => {
            ": another statement, of this connection or of one that shares its cache, is in the way; try again when it is done"
        }
        (_, ffi::SQLITE_READONLY) => ": open the database for writing, and without PRAGMA query_only",
        (_, ffi::SQLITE_FULL) => ": make room on the disk and try again",
        (_, ffi::SQLITE_INTERRUPT) => ": try again",
        (_, ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN) => {
            ": check the disk, and that this program may write to the database's folder, and try again"
        }
        (_, ffi::SQLITE_CORRUPT) => {
            ": run PRAGMA integrity_check, and restore a backup if it finds something"
        }
        (_, ffi::SQLITE_NOTADB) => ": check that the file is the host's database",
        _ => "",
    }
}

fn users(count: u64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

fn list(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
