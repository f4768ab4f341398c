//! Who was left out, why, and what to do about it; and who would be enrolled.

use std::io::{self, Write};

use facilitator_markers_rqlite::SkippedOwner;

use crate::tell::Lists;

/// Writes a line for each owner that is left out, and in a dry run for each who would be enrolled.
pub(crate) fn write(out: &mut impl Write, lists: &Lists) -> io::Result<()> {
    writeln!(out, "Left out, and what to do:")?;
    for owner in &lists.left_out {
        writeln!(out, "{}: {owner}", owner.reason())?;
    }
    if lists.left_out.is_empty() {
        writeln!(out, "nobody")?;
    }
    if lists.left_out.iter().any(|owner| matches!(owner, SkippedOwner::AmbiguousUser { .. })) {
        writeln!(out, "\nOnce you know which of several users is meant, --enroll ID enrolls that one.")?;
    }
    let Some(due) = &lists.due else { return Ok(()) };
    writeln!(out, "\nTo be enrolled:")?;
    for owner in due {
        writeln!(out, "{owner}")?;
    }
    if due.is_empty() {
        writeln!(out, "nobody")?;
    }
    Ok(())
}
