//! The round of a connection, which it keeps between steps.

use std::cell::Cell;
use std::mem;

use marker_core::{Error, StepResult};
use rusqlite::ffi;

use crate::failure::Failure;

/// What a connection keeps of rounds of one kind.
pub(super) struct Held<R, P> {
    stage: Cell<Stage<R>>,
    /// How far the round was after the last step, also once it has finished or failed.
    progress: Cell<Option<P>>,
}

/// Where the round is.
#[derive(Default)]
enum Stage<R> {
    /// The next step begins one.
    #[default]
    None,
    Begun(Box<R>),
    /// A step is being taken.
    Stepping,
}

impl<R, P> Default for Held<R, P> {
    fn default() -> Self {
        Held { stage: Cell::default(), progress: Cell::new(None) }
    }
}

impl<R, P: Copy> Held<R, P> {
    /// Takes a step of the connection's round, or of a new one. A round that failed is given up, so that the next one sees
    /// the database as it is then, unless all that it takes is to try again.
    pub(super) fn take_step<T>(
        &self,
        function: &str,
        begin: impl FnOnce() -> Result<R, Error>,
        step: impl FnOnce(&mut R) -> Result<(StepResult, T), Error>,
        progress: impl FnOnce(&R) -> P,
    ) -> Result<T, Failure> {
        let mut turn = Turn::take(function, &self.stage)?;
        let mut round = match mem::take(&mut turn.stage) {
            Stage::Begun(round) => round,
            _ => Box::new(begin()?),
        };
        let result = step(&mut round);
        self.progress.set(Some(progress(&round)));
        let goes_on = match &result {
            Ok((result, _)) => *result == StepResult::More,
            Err(error) => error.is_retryable() && error.code() != ffi::SQLITE_SCHEMA,
        };
        if goes_on {
            turn.stage = Stage::Begun(round);
        }
        Ok(result?.1)
    }

    /// How far the round was after its last step; nothing if there was none, or it was given up.
    pub(super) fn progress(&self) -> Option<P> {
        self.progress.get()
    }

    /// Gives the round up, and forgets how far it was. Says whether there was more to do.
    pub(super) fn give_up(&self, function: &str) -> Result<bool, Failure> {
        let mut turn = Turn::take(function, &self.stage)?;
        self.progress.set(None);
        Ok(matches!(mem::take(&mut turn.stage), Stage::Begun(_)))
    }
}

/// While a step is being taken, it holds the round; then the connection gets back what is in here, also after a panic.
struct Turn<'a, R> {
    connection: &'a Cell<Stage<R>>,
    stage: Stage<R>,
}

impl<'a, R> Turn<'a, R> {
    /// Fails if a step is being taken: one of the host's triggers or functions can come back here.
    fn take(function: &str, connection: &'a Cell<Stage<R>>) -> Result<Self, Failure> {
        match connection.replace(Stage::Stepping) {
            Stage::Stepping => Err(Failure::misuse(format!(
                "{function}: a step is being taken on this connection; wait until it has returned"
            ))),
            stage => Ok(Turn { connection, stage }),
        }
    }
}

impl<R> Drop for Turn<'_, R> {
    fn drop(&mut self) {
        self.connection.set(mem::take(&mut self.stage));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::guarded;

    #[test]
    fn one_step_at_a_time_and_a_panic_gives_the_turn_back() {
        let held = Held::<(), ()>::default();
        let panicked = guarded(|| {
            let _turn = Turn::take("step", &held.stage)?;
            assert!(held.give_up("close").is_err());
            panic!("in a step");
            #[allow(unreachable_code)]
            Ok(())
        });
        assert_eq!(panicked.unwrap_err().code, ffi::SQLITE_INTERNAL);
        assert!(!held.give_up("close").unwrap());
    }
}
