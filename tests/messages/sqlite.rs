//! [`Error::Sqlite`]: what the library was doing, SQLite's text, and what to do.

use std::ffi::c_int;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{self, ffi};

/// What SQLite answers to the statement that writes a marker.
pub fn answer(code: c_int) -> Error {
    said("writing a marker", code, "what SQLite says")
}

/// As if SQLite had answered so.
fn said(doing: &'static str, code: c_int, text: &str) -> Error {
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(text.to_owned()));
    Error::Sqlite { doing, code, source }
}

/// One line for each advice, and one for a code that has none.
pub fn answers() -> Vec<String> {
    let codes = [
        ffi::SQLITE_BUSY_SNAPSHOT,
        ffi::SQLITE_BUSY,
        ffi::SQLITE_LOCKED,
        ffi::SQLITE_ABORT_ROLLBACK,
        ffi::SQLITE_PROTOCOL,
        ffi::SQLITE_NOMEM,
        ffi::SQLITE_SCHEMA,
        ffi::SQLITE_AUTH,
        ffi::SQLITE_CONSTRAINT_COMMITHOOK,
        ffi::SQLITE_TOOBIG,
        ffi::SQLITE_READONLY_RECOVERY,
        ffi::SQLITE_READONLY_CANTINIT,
        ffi::SQLITE_READONLY_DIRECTORY,
        ffi::SQLITE_READONLY,
        ffi::SQLITE_FULL,
        ffi::SQLITE_INTERRUPT,
        ffi::SQLITE_CANTOPEN,
        ffi::SQLITE_IOERR,
        ffi::SQLITE_CORRUPT,
        ffi::SQLITE_NOTADB,
        ffi::SQLITE_ERROR,
        ffi::SQLITE_PERM,
    ];
    codes.iter().map(|code| answer(*code).to_string()).collect()
}

/// What the library can have been doing.
pub const DOINGS: [&str; 24] = [
    "beginning",
    "beginning to read",
    "beginning to write",
    "borrowing the connection",
    "committing",
    "counting facilitators",
    "ending a transaction",
    "holding what was read",
    "keeping a marker",
    "reading anew",
    "reading facilitators",
    "reading reward_addresses",
    "reading the schema",
    "reading the schema's version",
    "reading the text encoding",
    "reading transactions",
    "reading users",
    "repairing a marker",
    "repairing markers",
    "telling the callback",
    "undoing a marker",
    "waiting",
    "writing a marker",
    "writing markers",
];

pub fn doings() -> Vec<String> {
    DOINGS.iter().map(|doing| said(doing, ffi::SQLITE_PERM, "what SQLite says").to_string()).collect()
}
