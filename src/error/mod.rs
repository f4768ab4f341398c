//! What can go wrong, for the person who has to act on it.

mod advice;
mod missing;
mod refusal;

use std::ffi::c_int;

use rusqlite::{Connection, ffi};

use self::advice::{advice, text_of};
use self::missing::{list, remedy};
use self::refusal::is_of_the_row;
use crate::connection::extended_code;
use crate::memory::OutOfMemory;
use crate::quoted::Quoted;
use crate::report::{BackfillReport, RepairReport};

pub use self::missing::Missing;
pub(crate) use self::refusal::{CONSTRAINT_DATATYPE, is_too_long};
pub use self::refusal::{Refusal, RefusedMarker};

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
        "enrollment date {} can't be read: pass YYYY-MM-DD, optionally with HH:MM[:SS[.fraction]] after \
         one space or T, and then Z or +HH:MM",
        Quoted(.date)
    )]
    UnreadableDate {
        /// The argument, as it was passed.
        date: String,
    },

    /// The host's schema lacks tables, columns or unique constraints that markers need. Nothing was written.
    #[error("the database lacks {}: {}", list(.missing), remedy(.missing))]
    MissingSchema {
        /// All that is missing, not just the first.
        missing: Vec<Missing>,
    },

    /// Markers that are missing and that the database doesn't take. These users stay unenrolled until somebody
    /// acts.
    ///
    /// One refused marker concerns its owner alone: a backfill has visited every other owner, and kept its
    /// work, before it returns this. Only where a thousand markers were refused, none was written, and no row
    /// is in the place of these thousand, it stops there: then it is the schema.
    #[error("{}: {first}", refused(*.count))]
    MarkerRefused {
        /// How many markers are refused: 1 for `create` and `ensure`.
        count: u64,
        /// The first of them.
        first: RefusedMarker,
        /// What a backfill did all the same; `None` for `create` and `ensure`.
        report: Option<Box<BackfillReport>>,
    },

    /// Markers that are wrong and whose change the database doesn't take. They stay as they are until somebody acts; a
    /// repair has visited every other marker, and kept its work, before it returns this.
    #[error("{}: {first}", refused_changes(*.count))]
    RepairRefused {
        /// How many changes are refused.
        count: u64,
        /// The first of them.
        first: RefusedMarker,
        /// What the repair did all the same.
        report: Box<RepairReport>,
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

    /// A bug in this library, which it noticed before it did harm. Nothing of the step, or of the call, remains in the
    /// database.
    #[error("a bug in facilitator-markers, please report it: {what}")]
    Bug {
        /// What should not be.
        what: &'static str,
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
    /// SQLite's extended result code for this failure, and whether it is worth a retry.
    ///
    /// | what failed | code | worth a retry |
    /// |---|---|---|
    /// | an enrollment date that can't be read | `SQLITE_MISUSE` | no |
    /// | a missing table, column or unique constraint; a SQLite that is too old | `SQLITE_ERROR` | no |
    /// | a refused marker | that of the [refusal](crate::Refusal::code) | no |
    /// | another connection or statement is in the way | `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_PROTOCOL` | yes |
    /// | another connection wrote since the host's transaction began to read | `SQLITE_BUSY_SNAPSHOT` | yes, the whole transaction |
    /// | memory was short | `SQLITE_NOMEM` | yes |
    /// | the schema changed meanwhile | `SQLITE_SCHEMA` | yes |
    /// | another connection of a shared cache rolled back, which can end others' reads | `SQLITE_ABORT_ROLLBACK` | yes |
    /// | somebody interrupted the call | `SQLITE_INTERRUPT` | no, it was wanted |
    /// | a full disk, an I/O error, a file that can't be opened or written, a corrupt one | `SQLITE_FULL`, `SQLITE_IOERR`, `SQLITE_CANTOPEN`, `SQLITE_READONLY`, `SQLITE_CORRUPT` | no |
    /// | a bug in this library | `SQLITE_INTERNAL` | no |
    /// | the host's authorizer or commit hook | `SQLITE_AUTH`, `SQLITE_CONSTRAINT_COMMITHOOK` | no |
    ///
    /// See <https://sqlite.org/rescode.html>. SQLite answers lack of memory with two codes, which are one here.
    pub fn code(&self) -> c_int {
        match self {
            Error::UnreadableDate { .. } => ffi::SQLITE_MISUSE,
            Error::MissingSchema { .. } | Error::UnsupportedSqlite { .. } => ffi::SQLITE_ERROR,
            Error::MarkerRefused { first, .. } | Error::RepairRefused { first, .. } => first.refusal.code(),
            Error::TransactionEnded { cause } | Error::NotUndone { cause, .. } => cause.code(),
            Error::Bug { .. } => ffi::SQLITE_INTERNAL,
            Error::Sqlite { code, .. } => *code,
        }
    }

    /// Whether the same call may succeed a little later though nobody has mended anything: somebody else was
    /// in the way, or memory was short. The table of [`code`](Error::code) lists the cases.
    ///
    /// After [`Error::TransactionEnded`], [`Error::NotUndone`] and `SQLITE_BUSY_SNAPSHOT` it is the host's
    /// whole transaction that has to be begun again, once it is rolled back.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::TransactionEnded { cause } | Error::NotUndone { cause, .. } => cause.is_retryable(),
            // With a schema change, or what SQLite takes for one, a rollback ends the reads of a whole shared cache.
            Error::Sqlite { code: ffi::SQLITE_ABORT_ROLLBACK, .. } => true,
            Error::Sqlite { code, .. } => RETRYABLE.contains(&(code & 0xff)),
            _ => false,
        }
    }

    /// The error for what SQLite has just answered on `conn`: call it before anything else uses `conn`.
    pub(crate) fn from_sqlite(conn: &Connection, doing: &'static str, source: rusqlite::Error) -> Self {
        let reported = source.sqlite_error().map_or(ffi::SQLITE_ERROR, |failure| failure.extended_code);
        let code = match extended_code(conn, reported) {
            // SQLite's upper layers turn the one into the other, but not on every path.
            ffi::SQLITE_IOERR_NOMEM => ffi::SQLITE_NOMEM,
            code => code,
        };
        Error::Sqlite { doing, code, source }
    }
}

/// The primary codes of failures that pass by themselves.
const RETRYABLE: [c_int; 5] =
    [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED, ffi::SQLITE_PROTOCOL, ffi::SQLITE_NOMEM, ffi::SQLITE_SCHEMA];

impl From<OutOfMemory> for Error {
    fn from(error: OutOfMemory) -> Self {
        Error::Sqlite { doing: "holding what was read", code: ffi::SQLITE_NOMEM, source: error.into() }
    }
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

fn refused(count: u64) -> String {
    if count == 1 {
        "1 marker is refused".to_owned()
    } else {
        format!("{count} markers are refused, the first")
    }
}

fn refused_changes(count: u64) -> String {
    if count == 1 {
        "the repair of 1 marker is refused".to_owned()
    } else {
        format!("the repair of {count} markers is refused, the first")
    }
}

/// The refusal that an error of the statement that inserts a marker stands for, or the error back: whether it
/// is the row or the schema that doesn't fit, or the connection that can't write now.
pub(crate) fn turned_away(error: Error) -> Result<Refusal, Error> {
    match error {
        Error::Sqlite { code, source, .. } if is_of_the_row(code) => {
            Ok(Refusal::TurnedAway { code, message: text_of(&source) })
        }
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lack_of_memory_has_one_code() {
        let conn = Connection::open_in_memory().unwrap();
        for code in [ffi::SQLITE_NOMEM, ffi::SQLITE_IOERR_NOMEM] {
            let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = Error::from_sqlite(&conn, "reading", source);
            assert_eq!(error.code(), ffi::SQLITE_NOMEM);
            assert!(
                error.is_retryable() && error.to_string().ends_with(": memory is short; try again"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_passes_by_itself_is_worth_a_retry_and_nothing_else() {
        let error = |code| Error::Sqlite {
            doing: "reading",
            code,
            source: rusqlite::Error::SqliteFailure(ffi::Error::new(code), None),
        };
        for (code, is_retryable) in [
            (ffi::SQLITE_BUSY, true),
            (ffi::SQLITE_BUSY_SNAPSHOT, true),
            (ffi::SQLITE_BUSY_RECOVERY, true),
            (ffi::SQLITE_LOCKED_SHAREDCACHE, true),
            (ffi::SQLITE_PROTOCOL, true),
            (ffi::SQLITE_SCHEMA, true),
            (ffi::SQLITE_ABORT_ROLLBACK, true),
            (ffi::SQLITE_ABORT, false),
            (ffi::SQLITE_ERROR, false),
            (ffi::SQLITE_INTERRUPT, false),
            (ffi::SQLITE_FULL, false),
            (ffi::SQLITE_IOERR_WRITE, false),
            (ffi::SQLITE_READONLY, false),
            (ffi::SQLITE_AUTH, false),
            (ffi::SQLITE_CONSTRAINT_COMMITHOOK, false),
        ] {
            assert_eq!(error(code).is_retryable(), is_retryable, "{code}");
            let ended = Error::TransactionEnded { cause: Box::new(error(code)) };
            assert_eq!(ended.is_retryable(), is_retryable, "{code}");
        }
        assert!(!Error::UnreadableDate { date: String::new() }.is_retryable());
    }
}
