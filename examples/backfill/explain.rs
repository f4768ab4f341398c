//! Who was left out, why, and what to do about it; and who would be enrolled.

use std::io::{self, Write};

use facilitator_markers::{Backfill, Error, SkippedOwner, for_each_due_owner, for_each_skipped_owner};

use crate::database::{Access, Database};
use crate::failure::Failure;

/// Who can be asked for the owners that are left out: the backfill that has been, which knows what the database
/// refused, or before it the database.
pub(crate) enum Source<'a> {
    Backfill(Box<Backfill<'a>>),
    Database,
}

impl Source<'_> {
    /// Tells `f` each owner that is left out.
    pub(crate) fn for_each_skipped_owner(
        &self,
        database: &Database,
        f: impl FnMut(SkippedOwner),
    ) -> Result<(), Error> {
        match self {
            Source::Backfill(backfill) => backfill.for_each_skipped_owner(f),
            Source::Database => for_each_skipped_owner(&database.conn, f),
        }
    }

    /// The number of owners that are left out.
    pub(crate) fn count(&self, database: &Database) -> Result<u64, Failure> {
        let mut left_out = 0;
        self.for_each_skipped_owner(database, |_| left_out += 1).map_err(|error| database.failed(error))?;
        Ok(left_out)
    }
}

/// Writes a line for each owner that is left out, and in a dry run for each who would be enrolled. Gives the number of
/// the former.
pub(crate) fn write(out: &mut impl Write, database: &Database, source: &Source<'_>) -> Result<u64, Failure> {
    writeln!(out, "Left out, and what to do:")?;
    let (mut left_out, mut ambiguous) = (0, false);
    let mut written = Ok(());
    source
        .for_each_skipped_owner(database, |owner| {
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
    if database.access != Access::Write {
        write_due(out, database)?;
    }
    Ok(left_out)
}

fn write_due(out: &mut impl Write, database: &Database) -> Result<(), Failure> {
    writeln!(out, "\nTo be enrolled:")?;
    let (mut due, mut written) = (0_u64, io::Result::Ok(()));
    for_each_due_owner(&database.conn, |owner| {
        due += 1;
        if written.is_ok() {
            written = writeln!(out, "{owner}");
        }
    })
    .map_err(|error| database.failed(error))?;
    written?;
    if due == 0 {
        writeln!(out, "nobody")?;
    }
    Ok(())
}
