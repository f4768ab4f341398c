//! A backfill or a repair, in steps.

use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, Error, Repair, StepResult};

use crate::answer::{Report, Told};
use crate::call::Task;

/// One that is begun.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Begun<'c> {
    Backfill(Backfill<'c>),
    Repair(Repair<'c>),
}

impl<'c> Begun<'c> {
    pub fn new(task: Task, conn: &'c Connection) -> Result<Self, Error> {
        Ok(match task {
            Task::Backfill => Begun::Backfill(Backfill::new(conn)?),
            Task::Repair => Begun::Repair(Repair::new(conn)?),
        })
    }

    /// Takes a step of at most so many owners or markers.
    pub fn step(&mut self, most: u64, mut tell: impl FnMut(Told)) -> Result<StepResult, Error> {
        match self {
            Begun::Backfill(backfill) => backfill.step(most),
            Begun::Repair(repair) => repair.step(most, |change| tell(change.into())),
        }
    }

    /// Takes all steps, without pauses. `tell` is told each change of a repair; of a backfill, each step.
    pub fn run_to_completion(
        &mut self,
        most: u64,
        mut tell: impl FnMut(Option<Told>),
    ) -> Result<Report, Error> {
        match self {
            Begun::Backfill(backfill) => {
                let report = backfill.run_to_completion(most, Duration::ZERO, Some(|_| tell(None)))?;
                Ok(Report::Backfill(report))
            }
            Begun::Repair(repair) => {
                let tell = |change: facilitator_markers::Change| tell(Some(change.into()));
                Ok(Report::Repair(repair.run_to_completion(most, Duration::ZERO, tell)?))
            }
        }
    }

    pub fn report(&self) -> Report {
        match self {
            Begun::Backfill(backfill) => Report::Backfill(backfill.report()),
            Begun::Repair(repair) => Report::Repair(repair.report()),
        }
    }

    pub fn is_done(&self) -> bool {
        match self {
            Begun::Backfill(backfill) => backfill.progress().remaining == 0,
            Begun::Repair(repair) => repair.progress().is_done,
        }
    }
}
