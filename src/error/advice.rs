//! What SQLite says, and what to do about it.

use std::ffi::c_int;

use rusqlite::ffi;

/// SQLite's own text.
pub(crate) fn text_of(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// What to do about a failure with this code.
pub(super) fn advice(code: c_int) -> &'static str {
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
        (ffi::SQLITE_ABORT_ROLLBACK, _) => ": another connection of the shared cache rolled back; try again",
        (_, ffi::SQLITE_PROTOCOL) => ": other connections kept changing the locks; try again",
        (_, ffi::SQLITE_NOMEM) => ": memory is short; try again",
        (_, ffi::SQLITE_SCHEMA) => ": the schema has changed meanwhile; try again, in a new backfill",
        (_, ffi::SQLITE_AUTH) => {
            ": the host's authorizer refused it, or had SQLite ignore it; let it allow reading user, facilitators, reward_addresses and the \
             schema, inserting into reward_addresses, and savepoints"
        }
        (ffi::SQLITE_CONSTRAINT_COMMITHOOK, _) => {
            ": a commit hook of the host's refused the commit, and nothing of it is kept; try again when the hook lets \
             commits through"
        }
        (_, ffi::SQLITE_TOOBIG) => ": a value is longer than this connection's SQLITE_LIMIT_LENGTH; raise it",
        // The index of a WAL has to be made, or mended, beside the database.
        (
            ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTINIT | ffi::SQLITE_READONLY_DIRECTORY,
            _,
        ) => {
            ": a database with a WAL needs a folder that can be written to, also for reading; copy it there with its \
             -wal file, or open it with immutable=1 if nobody else has it open"
        }
        (_, ffi::SQLITE_READONLY) => ": open the database for writing, and without PRAGMA query_only",
        (_, ffi::SQLITE_FULL) => ": make room on the disk and try again",
        (_, ffi::SQLITE_INTERRUPT) => ": try again",
        (_, ffi::SQLITE_CANTOPEN) => {
            ": check that this program may open the database, its -wal and -shm files, and write to its folder, which a \
             database with a WAL needs also for reading; or copy it, with its -wal file, to where it may"
        }
        (_, ffi::SQLITE_IOERR) => {
            ": check the disk, and that this program may write to the database's folder, and try again"
        }
        (_, ffi::SQLITE_CORRUPT) => {
            ": run PRAGMA integrity_check, and restore a backup if it finds something; if it finds an index, REINDEX"
        }
        (_, ffi::SQLITE_NOTADB) => ": check that the file is the host's database",
        (_, ffi::SQLITE_ERROR) => {
            ": if the schema has just changed, begin again; else look for what SQLite names in the host's schema, \
             triggers included"
        }
        _ => "",
    }
}
