//! `preview_facilitator_markers()`: TEXT, the report of a backfill as one JSON object.

use marker_core::{BackfillReport, preview_facilitator_markers};

use super::Function;
use crate::answer::Answer;

pub(super) fn function() -> Function {
    Function {
        name: c"preview_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| Ok(Answer::Text(json(&preview_facilitator_markers(conn)?)))),
    }
}

fn json(report: &BackfillReport) -> String {
    let counts = [
        ("owners", report.owners),
        ("created", report.created),
        ("already_enrolled", report.already_enrolled),
        ("unreadable_date", report.unreadable_date),
        ("unknown_users", report.unknown_users),
        ("ambiguous_users", report.ambiguous_users),
        ("unreadable_dates", report.unreadable_dates),
    ];
    let members: Vec<_> = counts.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
    format!("{{{}}}", members.join(","))
}
