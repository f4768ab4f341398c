//! The counts of a report as members of a JSON object.

use marker_core::BackfillReport;
use serde_json::{Map, Value};

pub(super) fn counts(report: &BackfillReport) -> Map<String, Value> {
    let counts = [
        ("owners", report.owners),
        ("created", report.created),
        ("already_enrolled", report.already_enrolled),
        ("unreadable_date", report.unreadable_date),
        ("refused", report.refused),
        ("unknown_users", report.unknown_users),
        ("ambiguous_users", report.ambiguous_users),
        ("unreadable_dates", report.unreadable_dates),
    ];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect()
}
