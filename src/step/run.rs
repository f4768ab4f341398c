//! Taking steps to the end of the work.

use std::time::Duration;

use super::budget::{Budget, OWNERS_AT_ONCE, OWNERS_PER_STEP};
use super::pace::{Pace, Wrote};
use super::result::StepResult;
use crate::connection::others_can_write;
use crate::error::Error;
use crate::interrupt::Interruptible;

/// The least pause of a call beside somebody who writes.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// Work that is done in steps.
pub(crate) trait Steps {
    /// Takes a step.
    fn take_step(&mut self, conn: &Interruptible<'_>, budget: Budget) -> Result<StepResult, Error>;

    /// How many owners are still to be visited, at most.
    fn remaining(&self) -> u64;

    /// What the last step tells, if it wrote.
    fn wrote(&self) -> Option<Wrote>;

    /// Whether the next step may write.
    fn is_writing(&self) -> bool;

    /// Whether a step that writes takes as long for many owners as for few.
    fn looks_all_up_at_once(&self) -> bool;
}

/// Takes all steps in autocommit mode, at a pace that leaves others time to write: see
/// [`Backfill::run_to_completion`](crate::Backfill::run_to_completion). After each, `progress` is told.
pub(crate) fn run_in_steps<W: Steps>(
    conn: &Interruptible<'_>,
    work: &mut W,
    owners_per_step: u64,
    pause: Duration,
    mut progress: impl FnMut(&W),
) -> Result<(), Error> {
    let mut pace = Pace::new(pause);
    loop {
        let owners = match work.remaining() {
            _ if work.looks_all_up_at_once() => OWNERS_AT_ONCE,
            remaining => pace.owners(remaining),
        };
        let result = work.take_step(conn, Budget::new(owners_per_step).with_owners(owners));
        progress(work);
        if result? == StepResult::Done {
            return Ok(());
        }
        let window = work.wrote().and_then(|wrote| pace.window_after(wrote));
        if let Some(window) = window.filter(|_| work.is_writing() && others_can_write(conn)) {
            conn.sleep(window)?;
        }
    }
}

/// Takes all steps, without pauses.
pub(crate) fn run(conn: &Interruptible<'_>, work: &mut impl Steps) -> Result<(), Error> {
    while work.take_step(conn, Budget::new(OWNERS_AT_ONCE).with_owners(OWNERS_PER_STEP))? == StepResult::More
    {
    }
    Ok(())
}
