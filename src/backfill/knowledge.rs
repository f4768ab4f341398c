//! What is known of the database, and whether it is still so.

use std::ffi::{c_int, c_uint};
use std::ptr::from_mut;

use rusqlite::{Connection, ffi};

/// What the partition's contents were read from.
#[derive(Clone, Copy)]
pub(super) enum Knowledge {
    /// Nothing is read yet.
    None,
    /// One state of the database, which has this version.
    Of(u32),
    /// More than one state, or one that the host may since have rolled back.
    Mixed,
}

impl Knowledge {
    /// After a piece was read.
    pub(super) fn after_reading(self, conn: &Connection) -> Self {
        match (self, data_version(conn)) {
            (Knowledge::None, Some(version)) => Knowledge::Of(version),
            (Knowledge::Of(before), Some(version)) if before == version => self,
            _ => Knowledge::Mixed,
        }
    }

    /// After markers were committed; `disturbed` if something else was written with them.
    pub(super) fn after_writing(self, conn: &Connection, disturbed: bool) -> Self {
        match (self, data_version(conn)) {
            (Knowledge::Of(_), Some(version)) if !disturbed => Knowledge::Of(version),
            _ => Knowledge::Mixed,
        }
    }

    /// Whether what is known is true now: whether the database still has the version that was read. Asked
    /// within a transaction that writes, this stays so until the transaction ends.
    pub(super) fn holds(self, conn: &Connection) -> bool {
        matches!(self, Knowledge::Of(version) if data_version(conn) == Some(version))
    }
}

/// The number of SQLite's file control that tells whether a database has changed, whoever changed it. It is
/// younger than the oldest bindings, so it has no name there. See <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html>.
const FCNTL_DATA_VERSION: c_int = 35;

/// A number that is another one after each commit to `main`, of this connection or another. The latter are
/// seen from the moment at which this connection reads.
///
/// `None` where SQLite can't say.
fn data_version(conn: &Connection) -> Option<u32> {
    let mut version: c_uint = 0;
    // SAFETY: the handle is open as long as `conn` is borrowed, the name ends with a NUL, and for this file
    // control SQLite writes one unsigned int to the pointer and keeps neither.
    let code = unsafe {
        ffi::sqlite3_file_control(
            conn.handle(),
            c"main".as_ptr(),
            FCNTL_DATA_VERSION,
            from_mut(&mut version).cast(),
        )
    };
    (code == ffi::SQLITE_OK).then_some(version)
}

/// How many rows this connection has written since it was opened, those of triggers and cascades included.
pub(super) fn rows_written(conn: &Connection) -> c_int {
    // SAFETY: the handle is only read, and is open as long as `conn` is borrowed.
    unsafe { ffi::sqlite3_total_changes(conn.handle()) }
}
