//! The round of a connection, which it keeps between steps.

use std::cell::Cell;
use std::mem;

use marker_core::{Error, StepResult};
use rusqlite::ffi;

use crate::failure::Failure;

/// What a connection keeps.
#[derive(Default)]
pub(super) enum Held<R> {
    /// The next step begins a round.
    #[default]
    None,
    Begun(Box<R>),
    /// A step is being taken.
    Stepping,
}

/// Takes a step of the connection's round, or of a new one. A round that failed is given up, so that the next one sees the
/// database as it is then, unless all that it takes is to try again.
pub(super) fn take_step<R, T>(
    function: &str,
    connection: &Cell<Held<R>>,
    begin: impl FnOnce() -> Result<R, Error>,
    step: impl FnOnce(&mut R) -> Result<(StepResult, T), Error>,
) -> Result<T, Failure> {
    let mut turn = Turn::take(function, connection)?;
    let mut round = match mem::take(&mut turn.held) {
        Held::Begun(round) => round,
        _ => Box::new(begin()?),
    };
    let result = step(&mut round);
    let goes_on = match &result {
        Ok((result, _)) => *result == StepResult::More,
        Err(error) => error.is_retryable() && error.code() != ffi::SQLITE_SCHEMA,
    };
    if goes_on {
        turn.held = Held::Begun(round);
    }
    Ok(result?.1)
}

/// While a step is being taken, it holds the round; then the connection gets back what is in here, also after a panic.
struct Turn<'a, R> {
    connection: &'a Cell<Held<R>>,
    held: Held<R>,
}

impl<'a, R> Turn<'a, R> {
    /// Fails if a step is being taken: one of the host's triggers or functions can come back here.
    fn take(function: &str, connection: &'a Cell<Held<R>>) -> Result<Self, Failure> {
        match connection.replace(Held::Stepping) {
            Held::Stepping => Err(Failure::misuse(format!(
                "{function}: a step is being taken on this connection; wait until it has returned"
            ))),
            held => Ok(Turn { connection, held }),
        }
    }
}

impl<R> Drop for Turn<'_, R> {
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
        let connection = Cell::new(Held::<()>::None);
        let panicked = guarded(|| {
            let _turn = Turn::take("step", &connection)?;
            assert!(Turn::take("step", &connection).is_err());
            panic!("in a step");
            #[allow(unreachable_code)]
            Ok(())
        });
        assert_eq!(panicked.unwrap_err().code, ffi::SQLITE_INTERNAL);
        assert!(Turn::take("step", &connection).is_ok());
    }
}
