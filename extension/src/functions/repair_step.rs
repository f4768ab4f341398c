//! `repair_facilitator_markers_step(max_markers)`: TEXT, what the step changed, as one JSON object.

use std::cell::Cell;

use marker_core::{Error, RepairRound, StepResult};

use super::Function;
use super::changes::Changes;
use super::held::{Held, take_step};

const NAME: &str = "repair_facilitator_markers_step";

pub(super) fn function() -> Function {
    let held = Cell::new(Held::None);
    Function {
        name: c"repair_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_markers = arguments.count(0, "max_markers")?;
            let mut changes = Changes::new(NAME, conn)?;
            take_step(
                NAME,
                &held,
                || RepairRound::in_steps(conn),
                |round| {
                    let (result, refused) = match round.step(conn, max_markers, |change| changes.add(&change))
                    {
                        Ok(result) => (result, None),
                        // As a failure it would be told without the step's changes.
                        Err(refused @ Error::RepairRefused { .. }) => (StepResult::Done, Some(refused)),
                        Err(error) => return Err(error),
                    };
                    let progress = round.progress();
                    Ok((result, changes.answer(progress.is_done, progress.report, refused.as_ref())))
                },
            )
        }),
    }
}
