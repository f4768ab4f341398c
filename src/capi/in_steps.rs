//! Work in steps on a connection of the host's.

use std::cell::Cell;

use libc::c_int;
use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_DONE, SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::failure::Failure;
use crate::{Error, StepResult};

/// A round, and the connection that it is lent while a step runs.
pub(super) struct InSteps<R> {
    /// What the round is of, for messages.
    noun: &'static str,
    db: *mut sqlite3,
    /// Taken out while a step runs, so that it is missing after a panic, and in a step that a callback of
    /// the host's begins within a step.
    round: Cell<Option<R>>,
}

impl<R> InSteps<R> {
    /// Begins a round.
    ///
    /// # Safety
    ///
    /// As [`lend`].
    pub(super) unsafe fn begin(
        noun: &'static str,
        db: *mut sqlite3,
        round: impl FnOnce(&Connection) -> Result<R, Error>,
    ) -> Result<Self, Failure> {
        // SAFETY: the caller promises what `lend` asks for.
        let round = unsafe { lend(db, round) }?;
        Ok(InSteps { noun, db, round: Cell::new(Some(round)) })
    }

    /// Takes a step for up to `most`, which messages call `name`.
    ///
    /// # Safety
    ///
    /// As [`lend`], with the connection with which it was begun.
    pub(super) unsafe fn step(
        &self,
        most: i64,
        name: &'static str,
        take: impl FnOnce(&mut R, &Connection, u64) -> Result<StepResult, Error>,
    ) -> Result<c_int, Failure> {
        let most = match u64::try_from(most) {
            Ok(most) if most > 0 => most,
            _ => return Err(Failure::misuse(format!("{name} is {most}: pass 1 or more"))),
        };
        // SAFETY: the caller promises what `lend` asks for.
        let step = self.with_round(|round| unsafe { lend(self.db, |conn| take(round, conn, most)) })?;
        Ok(match step? {
            StepResult::More => SQLITE_OK,
            StepResult::Done => SQLITE_DONE,
        })
    }

    /// Uses the round, unless a step of it is running.
    pub(super) fn with_round<T>(&self, work: impl FnOnce(&mut R) -> T) -> Result<T, Failure> {
        let mut round = self.round.take().ok_or_else(|| {
            Failure::misuse(format!(
                "this {} can't be used: a step of it is running, or failed inside the library; close it and open another",
                self.noun
            ))
        })?;
        let result = work(&mut round);
        self.round.set(Some(round));
        Ok(result)
    }
}
