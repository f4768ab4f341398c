//! Why the program failed, as one line for the person who ran it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{self, ffi};

use crate::database::Access;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}: {error}; {}", path.display(), remedy(error.kind()))]
    Unreadable { path: PathBuf, error: io::Error },

    #[error("{}: not a file; pass the path of the host's database", path.display())]
    NotAFile { path: PathBuf },

    #[error(
        "{}: {} holds changes that --immutable doesn't see: while nobody writes to them, copy both to a folder of \
         yours, and run this on the copy without --immutable",
        path.display(), beside.display()
    )]
    NotImmutable { path: PathBuf, beside: PathBuf },

    #[error("{}: {error}{}", path.display(), advice(code(error)))]
    Sqlite { path: PathBuf, error: rusqlite::Error },

    #[error("{}: {}{}", path.display(), told(error, *access), kept(*created))]
    Markers {
        path: PathBuf,
        access: Access,
        error: Box<Error>,
        /// The markers that were committed before it failed, and that no summary has told of.
        created: u64,
    },

    #[error("{}: {advice}", path.display())]
    NotEnrolled { path: PathBuf, advice: String },

    #[error("the sample database: {0}")]
    Sample(#[source] Box<dyn std::error::Error>),

    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The message on a single line: a CHECK that SQLite quotes may go over several, and so may a path.
    pub(crate) fn line(&self) -> String {
        let message = self.to_string();
        let lines: Vec<_> = message.lines().map(str::trim).collect();
        format!("backfill: {}", lines.join(" ").replace(char::is_control, "\u{fffd}"))
    }
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "run this as a user who may read the file",
        _ => "pass the path of the host's database",
    }
}

/// The library's message, with what can be done about it here: it may advise programmers, who can open a database
/// otherwise.
fn told(error: &Error, access: Access) -> String {
    let primary = error.code() & 0xff;
    match error {
        Error::Sqlite { doing, code, source }
            if matches!(primary, ffi::SQLITE_READONLY | ffi::SQLITE_CANTOPEN) =>
        {
            let advice = if access == Access::Write { advice(*code) } else { READ_BESIDE };
            format!("{doing} failed: {source} (SQLite code {code}){advice}")
        }
        _ if primary == ffi::SQLITE_BUSY => format!("{error} (a longer --busy-timeout waits longer)"),
        _ => error.to_string(),
    }
}

/// A WAL, or a journal that a crash left behind, makes SQLite write in the folder even to read.
const READ_BESIDE: &str = "; to read it, SQLite has to write beside it, which this user may not: while nobody \
    writes to it, copy the file, with its -wal or -journal file if there is one, to a folder of yours and run this on \
    the copy, or add --immutable";

/// What can be done here about what SQLite answered.
fn advice(code: i32) -> &'static str {
    match code & 0xff {
        ffi::SQLITE_BUSY => "; another connection is in the way: try again, or with a longer --busy-timeout",
        ffi::SQLITE_READONLY => "; run this as a user who may write the file and its folder",
        ffi::SQLITE_CANTOPEN => {
            "; run this as a user who may write the file, its folder, and its -wal and -shm files"
        }
        ffi::SQLITE_CORRUPT => "; run PRAGMA integrity_check, and restore a backup if it finds something",
        ffi::SQLITE_NOTADB => "; check that the file is the host's database",
        ffi::SQLITE_FULL | ffi::SQLITE_IOERR => "; check the disk, and that it has room, and try again",
        _ => "",
    }
}

fn code(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

fn kept(created: u64) -> String {
    match created {
        0 => String::new(),
        _ => format!("; markers written before that: {created}, and then the same command writes the rest"),
    }
}
