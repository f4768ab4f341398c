//! Engines that replicate a database, and in which a function that writes does harm: dqlite crashes at the next write, a libSQL
//! replica writes to itself alone, and rqlite has each node read its own clock. There the host runs the SQL edition instead.

use std::ffi::{CStr, OsStr};
use std::os::raw::c_void;
use std::path::{Path, PathBuf};
use std::ptr;

use rusqlite::ffi::{self, sqlite3, sqlite3_vfs};

use crate::failure::Failure;

/// An engine that tells itself apart, by what its connections are opened with or what lies beside the file.
#[derive(Debug, PartialEq, Eq)]
enum Engine {
    Dqlite,
    LibsqlReplica,
    Rqlite,
}

/// Refuses a connection that belongs to one of these engines.
///
/// # Safety
///
/// An open connection of the SQLite whose function table has been adopted.
pub(crate) unsafe fn refuse_replicated(db: *mut sqlite3) -> Result<(), Failure> {
    // SAFETY: the caller's promise.
    let (vfs, file) = unsafe { (vfs_name(db), file_name(db)) };
    let (engine, harm) = match engine(&vfs, &file) {
        None => return Ok(()),
        Some(Engine::Dqlite) => {
            ("dqlite", "what its functions write isn't replicated, and the next write ends the leader")
        }
        Some(Engine::LibsqlReplica) => ("a libSQL replica", "what its functions write stays on this replica"),
        Some(Engine::Rqlite) => ("rqlite", "its functions would write something else on each node"),
    };
    Err(Failure::refused(format!(
        "this connection is one of {engine}, where {harm}; run the statements of the SQL edition through the engine's client"
    )))
}

fn engine(vfs: &str, file: &Path) -> Option<Engine> {
    let beside = |name: &OsStr| file.with_file_name(name).exists();
    let mut index = file.as_os_str().to_owned();
    index.push("-client_wal_index");
    if vfs.starts_with("dqlite") {
        Some(Engine::Dqlite)
    } else if file.as_os_str().is_empty() {
        None
    } else if Path::new(&index).exists() || file.ends_with("data") && beside("client_wal_index".as_ref()) {
        Some(Engine::LibsqlReplica)
    } else if file.ends_with("db.sqlite") && beside("raft.db".as_ref()) && beside("rsnapshots".as_ref()) {
        Some(Engine::Rqlite)
    } else {
        None
    }
}

/// The name of the file system that `main` is opened with, empty if there is none.
///
/// # Safety
///
/// As for [`refuse_replicated`].
unsafe fn vfs_name(db: *mut sqlite3) -> String {
    let mut vfs: *mut sqlite3_vfs = ptr::null_mut();
    // SAFETY: the caller's promise; SQLite stores a pointer where the last argument points to.
    let code = unsafe {
        ffi::sqlite3_file_control(
            db,
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_VFS_POINTER,
            ptr::from_mut(&mut vfs).cast::<c_void>(),
        )
    };
    if code != ffi::SQLITE_OK || vfs.is_null() {
        return String::new();
    }
    // SAFETY: a registered file system stays where it is, and has a name, as long as a connection uses it.
    unsafe { CStr::from_ptr((*vfs).zName) }.to_string_lossy().into_owned()
}

/// The file of `main`, empty if it has none.
///
/// # Safety
///
/// As for [`refuse_replicated`].
unsafe fn file_name(db: *mut sqlite3) -> PathBuf {
    // SAFETY: the caller's promise.
    let name = unsafe { ffi::sqlite3_db_filename(db, c"main".as_ptr()) };
    if name.is_null() {
        return PathBuf::new();
    }
    // SAFETY: SQLite's own text, which stays as long as the connection is open.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned().into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder_with(name: &str, files: &[&str]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("facilitator-markers-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for file in files {
            fs::write(folder.join(file), "").unwrap();
        }
        folder
    }

    #[test]
    fn an_engine_is_told_by_its_file_system_or_by_what_lies_beside_the_file() {
        assert_eq!(engine("dqlite-1", Path::new("host")), Some(Engine::Dqlite));
        for (name, files, file, expected) in [
            ("server", &["client_wal_index"][..], "data", Some(Engine::LibsqlReplica)),
            ("embedded", &["host.db-client_wal_index"], "host.db", Some(Engine::LibsqlReplica)),
            ("rqlite", &["raft.db", "rsnapshots"], "db.sqlite", Some(Engine::Rqlite)),
            ("other-raft", &["raft.db"], "db.sqlite", None),
            ("primary", &["wallog"], "data", None),
            ("plain", &["host.db-wal", "host.db-shm"], "host.db", None),
        ] {
            let folder = folder_with(name, files);
            assert_eq!(engine("unix", &folder.join(file)), expected, "{name}");
            fs::remove_dir_all(folder).unwrap();
        }
        assert_eq!(engine("unix", Path::new("")), None);
    }
}
