//! `backfill_facilitator_markers_step(max_owners)`: INTEGER, owners still to visit; 0 when the round is finished.

use std::rc::Rc;

use marker_core::{Progress, Round};

use super::Function;
use super::held::Held;
use crate::answer::Answer;

/// What a connection keeps of backfills.
pub(super) type Backfills = Rc<Held<Round, Progress>>;

pub(super) fn function(backfills: &Backfills) -> Function {
    let backfills = Rc::clone(backfills);
    Function {
        name: c"backfill_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_owners = arguments.count(0, "max_owners")?;
            let remaining = backfills.take_step(
                "backfill_facilitator_markers_step",
                || Round::in_steps(conn),
                |round| Ok((round.step(conn, max_owners)?, round.progress().remaining)),
                Round::progress,
            )?;
            Ok(Answer::Integer(remaining))
        }),
    }
}
