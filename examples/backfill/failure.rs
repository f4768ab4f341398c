//! Why the program failed, as one line for the person who ran it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use facilitator_markers::rusqlite::{self, ffi};
use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{}: {error}; {}", path.display(), remedy(error.kind()))]
    Unreadable { path: PathBuf, error: io::Error },

    #[error("{}: not a file; pass the path of the host's database", path.display())]
    NotAFile { path: PathBuf },

    #[error("{}: {error}{}", path.display(), advice(error.sqlite_error().map_or(0, |error| error.extended_code)))]
    Open { path: PathBuf, error: rusqlite::Error },

    #[error("{}: {error}{}{}", path.display(), advice(error.code()), kept(*created))]
    Markers {
        path: PathBuf,
        error: Box<facilitator_markers::Error>,
        /// The markers that were committed before it failed, and that no summary has told of.
        created: u64,
    },

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

/// What this program can do about it, beyond what the library's message says.
fn advice(code: i32) -> &'static str {
    match code & 0xff {
        ffi::SQLITE_BUSY => " (a longer --busy-timeout waits longer)",
        ffi::SQLITE_READONLY => " (run this as a user who may write the file and its folder)",
        ffi::SQLITE_CANTOPEN => {
            " (this user needs access to the file and its folder, and to its -wal and -shm files)"
        }
        ffi::SQLITE_CORRUPT => " (look into it with PRAGMA integrity_check, or restore a backup)",
        _ => "",
    }
}

fn kept(created: u64) -> String {
    match created {
        0 => String::new(),
        _ => format!("; markers written before that: {created}, and the same command writes the rest"),
    }
}
