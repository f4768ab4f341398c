//! The repair in steps.

use std::time::Duration;

use rusqlite::Connection;

use super::change::Change;
use super::progress::RepairProgress;
use super::round::{RepairRound, Telling};
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::report::RepairReport;
use crate::step::result::StepResult;
use crate::step::run::run_in_steps;

/// A repair in steps, for a host that has other things to do meanwhile. It mends what
/// [`repair_facilitator_markers`](crate::repair_facilitator_markers) does, and its steps are made like those of a
/// [`Backfill`](crate::Backfill), with the same bound on memory, and the same ways with the connection.
///
/// Dropping it anywhere is safe, and so is a crash: what was committed is whole, and the next repair does the rest.
///
/// # Example
///
/// ```
/// use facilitator_markers::{Repair, StepResult, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// let mut repair = Repair::new(&conn)?;
/// while repair.step(500, |change| println!("{change}"))? == StepResult::More {}
/// println!("{} markers repaired", repair.report().repaired);
/// # Ok(())
/// # }
/// ```
pub struct Repair<'c> {
    conn: &'c Connection,
    round: RepairRound,
}

impl<'c> Repair<'c> {
    /// Begins a repair. Reads the clock, the schema and the number of facilitators; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSchema`], [`Error::UnsupportedSqlite`] and whatever SQLite answers.
    pub fn new(conn: &'c Connection) -> Result<Self, Error> {
        Ok(Repair { round: RepairRound::in_steps(conn)?, conn })
    }

    /// Mends up to `max_markers` markers (at least one, and never more than 10,000), in one short write, and tells `f` each
    /// change right before it is committed. Reads a number of rows in proportion to `max_markers`.
    ///
    /// # Errors
    ///
    /// Whatever SQLite answers: nothing of this step remains in the database, and the same step can be tried again; then `f`
    /// is told again. [`Error::RepairRefused`] comes only when the repair is finished, instead of [`StepResult::Done`].
    pub fn step(&mut self, max_markers: u64, mut f: impl FnMut(Change)) -> Result<StepResult, Error> {
        self.round.step(self.conn, max_markers, |change| {
            f(change);
            Ok(())
        })
    }

    /// Takes steps until the repair is finished, at the pace of
    /// [`Backfill::run_to_completion`](crate::Backfill::run_to_completion), and tells `f` each change as
    /// [`step`](Repair::step) does.
    ///
    /// # Errors
    ///
    /// As [`step`](Repair::step). It can be called again, and goes on where it stopped.
    pub fn run_to_completion(
        &mut self,
        max_markers_per_step: u64,
        pause: Duration,
        mut f: impl FnMut(Change),
    ) -> Result<RepairReport, Error> {
        let conn = Interruptible::new(self.conn)?;
        let tell = |change| {
            f(change);
            Ok(())
        };
        let mut telling = Telling { round: &mut self.round, tell };
        run_in_steps(&conn, &mut telling, max_markers_per_step, pause, |_| ())?;
        Ok(self.report())
    }

    /// How far the repair is.
    pub fn progress(&self) -> RepairProgress {
        self.round.progress()
    }

    /// The counts so far; once the repair is finished, of all markers.
    pub fn report(&self) -> RepairReport {
        self.progress().report
    }
}
