//! Opening the host's database.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, OpenFlags};

use crate::failure::Failure;

/// Opens a database that exists: none of the flags lets SQLite create one.
pub(crate) fn open(path: &Path, read_only: bool, busy_timeout: Duration) -> Result<Connection, Failure> {
    check_file(path)?;
    let access = match read_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let open = || {
        let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(busy_timeout)?;
        Ok(conn)
    };
    open().map_err(|error| Failure::Open { path: path.to_owned(), error })
}

/// Finds what the operating system has against the file, where SQLite would only say that it can't open it.
fn check_file(path: &Path) -> Result<(), Failure> {
    let unreadable = |error| Failure::Unreadable { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::NotAFile { path: path.to_owned() });
    }
    File::open(path).map(drop).map_err(unreadable)
}
