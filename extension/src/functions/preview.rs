//! `preview_facilitator_markers()`: TEXT, what a backfill would do, as one JSON object.

use marker_core::{Preview, preview_facilitator_markers};
use serde_json::json;

use super::Function;
use crate::answer::Answer;

pub(super) fn function() -> Function {
    Function {
        name: c"preview_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| Ok(Answer::Text(as_json(&preview_facilitator_markers(conn)?)))),
    }
}

fn as_json(Preview { report, warnings, .. }: &Preview) -> String {
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    json!({
        "owners": report.owners,
        "created": report.created,
        "already_enrolled": report.already_enrolled,
        "unreadable_date": report.unreadable_date,
        "refused": report.refused,
        "unknown_users": report.unknown_users,
        "ambiguous_users": report.ambiguous_users,
        "unreadable_dates": report.unreadable_dates,
        "warnings": warnings,
    })
    .to_string()
}
