//! `repair_facilitator_markers_close()`: INTEGER, 1 if the connection had a round with more to do, which is given up, else 0.

use super::Function;
use super::repair_step::Repairs;

pub(super) fn function(repairs: &Repairs) -> Function {
    let repairs = Repairs::clone(repairs);
    Function {
        name: c"repair_facilitator_markers_close",
        arguments: 0,
        run: Box::new(move |_, _| Ok(u64::from(repairs.give_up("repair_facilitator_markers_close")?).into())),
    }
}
