//! Where a database is, and what its connections share.

use facilitator_markers::rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// A kind of storage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Storage {
    Wal,
    Journal,
    /// In memory, with a cache that all connections share.
    SharedMemory,
    /// In a file with a rollback journal, likewise.
    SharedFile,
    /// In a file with a WAL, likewise.
    SharedWal,
    /// A VFS that keeps files in memory.
    MemoryFile,
}

pub const STORAGES: [Storage; 6] = [
    Storage::Wal,
    Storage::Journal,
    Storage::SharedMemory,
    Storage::SharedFile,
    Storage::SharedWal,
    Storage::MemoryFile,
];

/// One database.
pub struct Place {
    uri: String,
    pragmas: &'static str,
    _directory: TempDir,
}

impl Storage {
    /// A place for a new database.
    pub fn place(self) -> Place {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("host.db").display().to_string();
        let name = directory.path().file_name().unwrap().to_string_lossy();
        let uri = match self {
            Storage::Wal | Storage::Journal => format!("file:{file}"),
            Storage::SharedMemory => format!("file:{name}?mode=memory&cache=shared"),
            Storage::SharedFile | Storage::SharedWal => format!("file:{file}?cache=shared"),
            Storage::MemoryFile => format!("file:/{name}?vfs=memdb"),
        };
        let pragmas = match self {
            Storage::Wal | Storage::SharedWal => "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;",
            Storage::Journal | Storage::SharedFile => {
                "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;"
            }
            Storage::SharedMemory | Storage::MemoryFile => "",
        };
        Place { uri, pragmas, _directory: directory }
    }

    pub fn is_shared(self) -> bool {
        matches!(self, Storage::SharedMemory | Storage::SharedFile | Storage::SharedWal)
    }
}

impl Place {
    /// One more connection. The first sets the journal mode, and the others find it.
    pub fn connect(&self) -> Connection {
        let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
        let conn = Connection::open_with_flags(&self.uri, flags).unwrap();
        conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        conn.execute_batch(self.pragmas).unwrap();
        conn
    }
}
