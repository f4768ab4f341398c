//! `backfill_facilitator_markers()`: INTEGER, markers created.

use marker_core::backfill_facilitator_markers;

use super::Function;
use crate::answer::Answer;

pub(super) fn function() -> Function {
    Function {
        name: c"backfill_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| Ok(Answer::Integer(backfill_facilitator_markers(conn)?.created))),
    }
}
