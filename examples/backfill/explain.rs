//! Who was left out, why, and what to do about it.

use std::io::Write;

use facilitator_markers::{SkippedOwner, for_each_skipped_owner};

use crate::database::Database;
use crate::failure::Failure;

/// Writes a line for each owner that a backfill leaves out. Gives their number.
pub(crate) fn write(out: &mut impl Write, database: &Database) -> Result<u64, Failure> {
    writeln!(out, "Left out, and what to do:")?;
    let (mut left_out, mut ambiguous) = (0, false);
    let mut written = Ok(());
    for_each_skipped_owner(&database.conn, |owner| {
        left_out += 1;
        ambiguous |= matches!(owner, SkippedOwner::AmbiguousUser { .. });
        if written.is_ok() {
            written = writeln!(out, "{}: {owner}", owner.reason());
        }
    })
    .map_err(|error| database.failed(error))?;
    written?;
    if left_out == 0 {
        writeln!(out, "nobody")?;
    }
    if ambiguous {
        writeln!(out, "\nOnce you know which of several users is meant, --enroll ID enrolls that one.")?;
    }
    Ok(left_out)
}

/// The number of owners that a backfill leaves out.
pub(crate) fn count(database: &Database) -> Result<u64, Failure> {
    let mut left_out = 0;
    for_each_skipped_owner(&database.conn, |_| left_out += 1).map_err(|error| database.failed(error))?;
    Ok(left_out)
}
