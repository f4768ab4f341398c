//! The backfill when the program starts: on a thread of its own, with a connection of its own.

use std::io;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, OpenFlags};
use facilitator_markers::{BackfillReport, backfill_facilitator_markers};

use crate::facilitator::Error;

/// Starts it. Nobody has to wait for its end: what fails or is cut off is done by the next start.
///
/// # Errors
///
/// If the operating system has no thread left.
pub fn start(database: PathBuf) -> io::Result<JoinHandle<Result<BackfillReport, Error>>> {
    thread::Builder::new().name("backfill".to_owned()).spawn(move || {
        // Without the flag that creates a database: a wrong path is an error.
        let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.busy_timeout(Duration::from_secs(5))?;
        Ok(backfill_facilitator_markers(&conn)?)
    })
}
