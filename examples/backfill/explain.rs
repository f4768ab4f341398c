//! Who was left out, why, and what to do about it.

use std::io::Write;
use std::path::Path;

use facilitator_markers::for_each_skipped_owner;
use facilitator_markers::rusqlite::Connection;

use crate::failure::Failure;

/// Writes a line for each owner that a backfill leaves out.
pub(crate) fn write(out: &mut impl Write, conn: &Connection, path: &Path) -> Result<(), Failure> {
    writeln!(out, "Left out, and what to do:")?;
    let mut left_out: u64 = 0;
    let mut written = Ok(());
    for_each_skipped_owner(conn, |owner| {
        left_out += 1;
        if written.is_ok() {
            written = writeln!(out, "{}: {owner}", owner.reason());
        }
    })
    .map_err(|error| Failure::Markers { path: path.to_owned(), error: Box::new(error), created: 0 })?;
    written?;
    if left_out == 0 {
        writeln!(out, "nobody")?;
    }
    Ok(())
}
