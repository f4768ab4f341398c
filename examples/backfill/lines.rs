//! What the program prints as JSON lines: an object for each owner, and then the summary.

use std::io::{self, Write};

use facilitator_markers::for_each_due_owner;
use serde::Serialize;

use crate::database::Database;
use crate::explain::Source;
use crate::failure::Failure;
use crate::json::Report;
use crate::line;
use crate::owner::{Due, Skipped};
use crate::summary::Summary;

/// Writes a line for each owner that a backfill leaves out, in a dry run one for each whom it would enroll, and last
/// the summary: where that is missing, the lists are not whole. Gives the number of owners that are left out.
pub(crate) fn write(
    out: &mut impl Write,
    summary: &Summary,
    database: &Database,
    source: &Source<'_>,
) -> Result<u64, Failure> {
    let failed = |error| database.failed(error);
    let mut lines = Lines { out, written: Ok(()) };
    let mut left_out = 0;
    source
        .for_each_skipped_owner(database, |owner| {
            left_out += 1;
            lines.write("skipped", &Skipped::of(&owner));
        })
        .map_err(failed)?;
    if summary.is_dry_run() {
        for_each_due_owner(&database.conn, |owner| lines.write("due", &Due::of(&owner))).map_err(failed)?;
    }
    lines.write("report", &Report::counts(summary));
    lines.written?;
    Ok(left_out)
}

/// Lines, up to the first that can't be written.
struct Lines<'w, W> {
    out: &'w mut W,
    written: io::Result<()>,
}

impl<W: Write> Lines<'_, W> {
    fn write(&mut self, kind: &'static str, object: &impl Serialize) {
        if self.written.is_ok() {
            self.written = line::write(self.out, kind, object);
        }
    }
}
