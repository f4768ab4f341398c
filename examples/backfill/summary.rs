//! What a backfill did, as a table or as JSON.

use std::io::{self, Write};
use std::time::Duration;

use facilitator_markers::BackfillReport;
use serde::Serialize;

use crate::table::{self, Column};

/// The counts of `report` with their meaning.
pub(crate) fn write_table(out: &mut impl Write, report: &BackfillReport, dry_run: bool) -> io::Result<()> {
    let created = if dry_run { "markers to be written" } else { "markers written now" };
    let rows = [
        ("owners", report.owners, "users to whom a facilitator belongs"),
        ("created", report.created, created),
        ("already_enrolled", report.already_enrolled, "had a marker, which stays as it is"),
        ("unreadable_date", report.unreadable_date, "left out: a facilitator has no readable created_at"),
        ("unknown_users", report.unknown_users, "left out: owner_address names no user"),
        ("ambiguous_users", report.ambiguous_users, "left out: owner_address could mean several users"),
        ("unreadable_dates", report.unreadable_dates, "facilitators whose created_at was passed over"),
    ]
    .map(|(name, count, meaning)| [name.to_owned(), count.to_string(), meaning.to_owned()]);
    table::write(out, [Column::Left("result"), Column::Right("count"), Column::Left("meaning")], &rows)
}

/// The same and the time it took as one JSON object on a line of its own.
pub(crate) fn write_json(out: &mut impl Write, report: &BackfillReport, elapsed: Duration) -> io::Result<()> {
    let summary = Summary {
        owners: report.owners,
        created: report.created,
        already_enrolled: report.already_enrolled,
        unreadable_date: report.unreadable_date,
        unknown_users: report.unknown_users,
        ambiguous_users: report.ambiguous_users,
        unreadable_dates: report.unreadable_dates,
        elapsed_ms: elapsed.as_millis(),
    };
    writeln!(out, "{}", serde_json::to_string(&summary)?)
}

#[derive(Serialize)]
struct Summary {
    owners: u64,
    created: u64,
    already_enrolled: u64,
    unreadable_date: u64,
    unknown_users: u64,
    ambiguous_users: u64,
    unreadable_dates: u64,
    elapsed_ms: u128,
}
