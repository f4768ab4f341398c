//! What the program prints as JSON lines: an object for each owner, and then the summary.

use std::io::{self, Write};

use crate::json::Report;
use crate::line;
use crate::owner::{Due, Skipped};
use crate::summary::Summary;
use crate::tell::Lists;

/// Writes a line for each owner that is left out, in a dry run one for each who would be enrolled, and last the summary:
/// where that is missing, the lists are not whole.
pub(crate) fn write(out: &mut impl Write, summary: &Summary, lists: &Lists) -> io::Result<()> {
    for owner in &lists.left_out {
        line::write(out, "skipped", &Skipped::of(owner))?;
    }
    for owner in lists.due.iter().flatten() {
        line::write(out, "due", &Due::of(owner))?;
    }
    line::write(out, "report", &Report::counts(summary))
}
