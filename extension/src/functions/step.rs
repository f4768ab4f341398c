//! `backfill_facilitator_markers_step(max_owners)`: INTEGER, owners still to visit; 0 when the round is finished.

use std::cell::Cell;

use marker_core::{Backfill, StepResult};
use rusqlite::{Connection, ffi};

use super::Function;
use crate::answer::Answer;
use crate::failure::Failure;

/// What a connection keeps between steps.
#[derive(Default)]
enum Round {
    /// The next step begins one.
    #[default]
    None,
    Begun(Box<Backfill<'static>>),
    /// A step is being taken.
    Stepping,
}

pub(super) fn function() -> Function {
    let round = Cell::new(Round::None);
    Function {
        name: c"backfill_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_owners = arguments.count(0, "max_owners")?;
            let remaining = take_step(&round, conn, max_owners)?;
            Ok(Answer::Integer(remaining))
        }),
    }
}

/// Takes a step of the round, or of a new one. A round that failed is given up, so that the next one sees the database as
/// it is then, unless all that it takes is to try again.
fn take_step(round: &Cell<Round>, conn: &Connection, max_owners: u64) -> Result<u64, Failure> {
    let mut backfill = match round.replace(Round::Stepping) {
        Round::Begun(backfill) => backfill,
        Round::None => begin(conn).inspect_err(|_| round.set(Round::None))?,
        Round::Stepping => {
            return Err(Failure::misuse(
                "backfill_facilitator_markers_step: a step is being taken on this connection; wait for it to return",
            ));
        }
    };
    let result = backfill.step(max_owners);
    let remaining = backfill.progress().remaining;
    let goes_on = match &result {
        Ok(result) => *result == StepResult::More,
        Err(error) => matches!(error.code() & 0xff, ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED),
    };
    round.set(if goes_on { Round::Begun(backfill) } else { Round::None });
    result?;
    Ok(remaining)
}

fn begin(conn: &Connection) -> Result<Box<Backfill<'static>>, Failure> {
    // SAFETY: the handle is the one that this function is registered with. SQLite drops the function, and the backfill
    // with it, before the connection is gone.
    let kept = unsafe { Connection::from_handle(conn.handle()) };
    let kept = kept.map_err(|error| Failure { code: ffi::SQLITE_ERROR, message: error.to_string() })?;
    Ok(Box::new(Backfill::owning(kept)?))
}
