//! `backfill_facilitator_markers_progress()`: TEXT, how far the connection's round is, as one JSON object, or NULL.

use super::Function;
use super::backfill_step::Backfills;
use super::counts::counts;
use crate::answer::Answer;

pub(super) fn function(backfills: &Backfills) -> Function {
    let backfills = Backfills::clone(backfills);
    Function {
        name: c"backfill_facilitator_markers_progress",
        arguments: 0,
        run: Box::new(move |_, _| {
            Ok(backfills.progress().map_or(Answer::Null, |progress| {
                let mut members = counts(&progress.report);
                members.insert("remaining".to_owned(), progress.remaining.into());
                Answer::Text(serde_json::Value::Object(members).to_string())
            }))
        }),
    }
}
