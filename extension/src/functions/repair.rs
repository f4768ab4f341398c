//! `repair_facilitator_markers()`: TEXT, everything that was changed, as one JSON object.

use marker_core::{Error, try_repair_facilitator_markers};

use super::Function;
use super::changes::Changes;

pub(super) fn function() -> Function {
    Function {
        name: c"repair_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| {
            let mut changes = Changes::new("repair_facilitator_markers", conn)?;
            match try_repair_facilitator_markers(conn, |change| changes.add(&change)) {
                Ok(report) => Ok(changes.answer(true, report, None)),
                // As a failure it would be told without the other changes.
                Err(ref refused @ Error::RepairRefused { ref report, .. }) => {
                    Ok(changes.answer(true, **report, Some(refused)))
                }
                Err(error) => Err(error.into()),
            }
        }),
    }
}
