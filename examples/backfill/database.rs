//! Opening the host's database.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, OpenFlags};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::failure::Failure;

/// What is to be done to a database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Access {
    Write,
    Read,
    /// To read a file to which nobody writes: without locks, and without a file beside it.
    ReadImmutable,
}

/// The host's database, and what a failure has to tell of it.
pub(crate) struct Database {
    pub(crate) conn: Connection,
    pub(crate) path: PathBuf,
    pub(crate) access: Access,
}

impl Database {
    /// Opens a database that exists: none of the flags lets SQLite create one.
    pub(crate) fn open(path: &Path, access: Access, busy_timeout: Duration) -> Result<Self, Failure> {
        check_file(path)?;
        let (name, flags) = match access {
            Access::Write => (path.to_owned(), OpenFlags::SQLITE_OPEN_READ_WRITE),
            Access::Read => (path.to_owned(), OpenFlags::SQLITE_OPEN_READ_ONLY),
            Access::ReadImmutable => {
                (immutable(path)?, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
            }
        };
        let open = || {
            let conn = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            conn.busy_timeout(busy_timeout)?;
            Ok(conn)
        };
        let conn = open().map_err(|error| Failure::Sqlite { path: path.to_owned(), error })?;
        Ok(Database { conn, path: path.to_owned(), access })
    }

    /// What the library found wrong with it.
    pub(crate) fn failed(&self, error: Error) -> Failure {
        self.failed_after(0, error)
    }

    /// The same, after as many markers were committed, of which nothing was told yet.
    pub(crate) fn failed_after(&self, created: u64, error: Error) -> Failure {
        Failure::Markers { path: self.path.clone(), access: self.access, error: Box::new(error), created }
    }
}

/// Finds what the operating system has against the file, where SQLite would only say that it can't open it.
fn check_file(path: &Path) -> Result<(), Failure> {
    let unreadable = |error| Failure::Unreadable { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::NotAFile { path: path.to_owned() });
    }
    File::open(path).map(drop).map_err(unreadable)
}

/// The name by which SQLite opens the file as immutable, which passes over the files beside it: they have to be
/// empty.
fn immutable(path: &Path) -> Result<PathBuf, Failure> {
    // As SQLite does it, since those files are beside the file that a link leads to.
    let file =
        fs::canonicalize(path).map_err(|error| Failure::Unreadable { path: path.to_owned(), error })?;
    for suffix in ["-wal", "-journal"] {
        let mut beside = file.clone().into_os_string();
        beside.push(suffix);
        if fs::metadata(&beside).is_ok_and(|beside| beside.len() > 0) {
            return Err(Failure::NotImmutable { path: path.to_owned(), beside: beside.into() });
        }
    }
    let name = percent_encode(file.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC);
    Ok(format!("file:{name}?immutable=1").into())
}
