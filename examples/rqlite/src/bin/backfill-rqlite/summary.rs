//! What a backfill did, as a table.

use std::io::{self, Write};
use std::time::Duration;

use facilitator_markers_rqlite::Report;

use crate::table::{self, Column};

/// What a backfill did, or what one would do.
pub(crate) struct Summary {
    pub(crate) is_dry_run: bool,
    pub(crate) report: Report,
    pub(crate) elapsed: Duration,
}

impl Summary {
    fn leaves_owners_out(&self) -> bool {
        let report = &self.report;
        report.unreadable_date + report.unknown_users + report.ambiguous_users + report.refused > 0
    }
}

/// The table, with what it is about, and how to learn more.
pub(crate) fn write(out: &mut impl Write, title: &str, summary: &Summary, explained: bool) -> io::Result<()> {
    let elapsed = summary.elapsed.as_millis();
    match summary.is_dry_run {
        false => writeln!(out, "Backfill of {title}, {elapsed} ms\n")?,
        true => writeln!(out, "Dry run on {title}, {elapsed} ms: nothing was written\n")?,
    }
    write_table(out, summary)?;
    if summary.leaves_owners_out() && !explained {
        writeln!(out, "\n--explain lists who is left out, and what to do")?;
    }
    Ok(())
}

/// The counts with their meaning.
fn write_table(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let report = &summary.report;
    let created = if summary.is_dry_run { "markers to be written" } else { "markers written now" };
    let rows = [
        ("owners", report.owners, "users to whom a facilitator belongs"),
        ("created", report.created, created),
        ("already_enrolled", report.already_enrolled, "had a marker, which stays as it is"),
        ("unreadable_date", report.unreadable_date, "left out: a facilitator's created_at can't be read"),
        ("refused", report.refused, "left out: the database doesn't take the marker"),
        ("unknown_users", report.unknown_users, "left out: owner_address names no user"),
        ("ambiguous_users", report.ambiguous_users, "left out: owner_address could mean several users"),
        ("unreadable_dates", report.unreadable_dates, "facilitators whose created_at can't be read"),
    ]
    .map(|(name, count, meaning)| [name.to_owned(), count.to_string(), meaning.to_owned()]);
    table::write(out, [Column::Left("result"), Column::Right("count"), Column::Left("meaning")], &rows)
}
