//! `preview_facilitator_markers()`: TEXT, what a backfill would do, as one JSON object.

use marker_core::preview_facilitator_markers;
use serde_json::Value;

use super::Function;
use super::counts::counts;
use crate::answer::Answer;

pub(super) fn function() -> Function {
    Function {
        name: c"preview_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| {
            let preview = preview_facilitator_markers(conn)?;
            let mut members = counts(&preview.report);
            let warnings = preview.warnings.iter().map(ToString::to_string).collect::<Value>();
            members.insert("warnings".to_owned(), warnings);
            Ok(Answer::Text(Value::Object(members).to_string()))
        }),
    }
}
