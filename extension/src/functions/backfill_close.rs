//! `backfill_facilitator_markers_close()`: INTEGER, 1 if the connection had a round with more to do, which is given up, else 0.

use super::Function;
use super::backfill_step::Backfills;

pub(super) fn function(backfills: &Backfills) -> Function {
    let backfills = Backfills::clone(backfills);
    Function {
        name: c"backfill_facilitator_markers_close",
        arguments: 0,
        run: Box::new(move |_, _| {
            Ok(u64::from(backfills.give_up("backfill_facilitator_markers_close")?).into())
        }),
    }
}
