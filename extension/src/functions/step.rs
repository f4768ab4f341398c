//! `backfill_facilitator_markers_step(max_owners)`: INTEGER, owners still to visit; 0 when the round is finished.

use std::cell::Cell;
use std::mem;

use marker_core::{Round, StepResult};
use rusqlite::{Connection, ffi};

use super::Function;
use crate::answer::Answer;
use crate::failure::Failure;

/// What a connection keeps between steps.
#[derive(Default)]
enum Held {
    /// The next step begins one.
    #[default]
    None,
    Begun(Box<Round>),
    /// A step is being taken.
    Stepping,
}

pub(super) fn function() -> Function {
    let held = Cell::new(Held::None);
    Function {
        name: c"backfill_facilitator_markers_step",
        arguments: 1,
        run: Box::new(move |conn, arguments| {
            let max_owners = arguments.count(0, "max_owners")?;
            let remaining = take_step(&held, conn, max_owners)?;
            Ok(Answer::Integer(remaining))
        }),
    }
}

/// Takes a step of the round, or of a new one. A round that failed is given up, so that the next one sees the database as
/// it is then, unless all that it takes is to try again.
fn take_step(connection: &Cell<Held>, conn: &Connection, max_owners: u64) -> Result<u64, Failure> {
    let mut turn = Turn::take(connection)?;
    let mut round = match mem::take(&mut turn.held) {
        Held::Begun(round) => round,
        _ => Box::new(Round::in_steps(conn)?),
    };
    let result = round.step(conn, max_owners);
    let remaining = round.progress().remaining;
    let goes_on = match &result {
        Ok(result) => *result == StepResult::More,
        Err(error) => error.is_retryable() && error.code() != ffi::SQLITE_SCHEMA,
    };
    if goes_on {
        turn.held = Held::Begun(round);
    }
    result?;
    Ok(remaining)
}

/// While a step is being taken, it holds the round; then the connection gets back what is in here, also after a panic.
struct Turn<'a> {
    connection: &'a Cell<Held>,
    held: Held,
}

impl<'a> Turn<'a> {
    /// Fails if a step is being taken: one of the host's triggers or functions can come back here.
    fn take(connection: &'a Cell<Held>) -> Result<Self, Failure> {
        match connection.replace(Held::Stepping) {
            Held::Stepping => Err(Failure::misuse(
                "backfill_facilitator_markers_step: a step is being taken on this connection; wait until it has returned",
            )),
            held => Ok(Turn { connection, held }),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.connection.set(mem::take(&mut self.held));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::guarded;

    #[test]
    fn one_step_at_a_time_and_a_panic_gives_the_turn_back() {
        let connection = Cell::new(Held::None);
        let panicked = guarded(|| {
            let _turn = Turn::take(&connection)?;
            assert!(Turn::take(&connection).is_err());
            panic!("in a step");
            #[allow(unreachable_code)]
            Ok(())
        });
        assert_eq!(panicked.unwrap_err().code, ffi::SQLITE_INTERNAL);
        assert!(Turn::take(&connection).is_ok());
    }
}
