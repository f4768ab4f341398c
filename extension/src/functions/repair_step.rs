//! `repair_facilitator_markers_step(max_markers)`: TEXT, what the step changed, as one JSON object.

use std::rc::Rc;

use marker_core::{Error, RepairProgress, RepairRound, StepResult};

use super::Function;
use super::changes::Changes;
use super::held::Held;

const NAME: &str = "repair_facilitator_markers_step";

/// What a connection keeps of repairs.
pub(super) type Repairs = Rc<Held<RepairRound, RepairProgress>>;

pub(super) fn function(repairs: &Repairs) -> Function {
    let repairs = Rc::clone(repairs);
    Function {
        name: c"repair_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_markers = arguments.count(0, "max_markers")?;
            let mut changes = Changes::new(NAME, conn)?;
            repairs.take_step(
                NAME,
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
                RepairRound::progress,
            )
        }),
    }
}
