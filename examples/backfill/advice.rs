//! What an operator can do about a failure.

use std::io::ErrorKind;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{self, ffi};

use crate::database::Access;

/// What can be done about what the operating system has against a file.
pub(crate) fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "run this as a user who may read the file",
        _ => "pass the path of the host's database",
    }
}

/// The library's message, with what can be done about it here: it may advise programmers, who can open a database
/// otherwise.
pub(crate) fn told(error: &Error, access: Access) -> String {
    let primary = error.code() & 0xff;
    match error {
        Error::Sqlite { doing, code, source }
            if matches!(primary, ffi::SQLITE_READONLY | ffi::SQLITE_CANTOPEN) =>
        {
            let advice = if access == Access::Write { of_code(*code) } else { READ_BESIDE };
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
pub(crate) fn of_code(code: i32) -> &'static str {
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

/// The extended code, if it is SQLite that answered.
pub(crate) fn code(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}
