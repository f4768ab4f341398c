//! `backfill_facilitator_markers_step(max_owners)`: INTEGER, owners still to visit; 0 when the round is finished.

use std::cell::Cell;

use marker_core::Round;

use super::Function;
use super::held::{Held, take_step};
use crate::answer::Answer;

pub(super) fn function() -> Function {
    let held = Cell::new(Held::None);
    Function {
        name: c"backfill_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_owners = arguments.count(0, "max_owners")?;
            let begin = || Round::in_steps(conn);
            let remaining = take_step("backfill_facilitator_markers_step", &held, begin, |round| {
                let result = round.step(conn, max_owners)?;
                Ok((result, round.progress().remaining))
            })?;
            Ok(Answer::Integer(remaining))
        }),
    }
}
