//! What can be asked about the markers of an engine.

use std::ops::ControlFlow;
use std::time::Duration;

use facilitator_markers::sql;

use crate::client::{Client, Level};
use crate::due::{self, DueOwner};
use crate::error::Error;
use crate::report::Report;
use crate::skipped::{self, SkippedOwner};
use crate::time::Time;

/// The markers of an engine, and how to treat it.
pub struct Markers<'a> {
    /// Who runs the statements.
    pub client: &'a mut dyn Client,
    /// How time goes by.
    pub time: &'a dyn Time,
    /// For how long an engine is waited for that doesn't answer.
    pub patience: Duration,
    /// How many owners one statement enrolls.
    pub owners_per_page: usize,
    /// Is told after each page, and while an engine is waited for, how far a backfill is. Where it breaks, what runs
    /// ends there, with [`Error::Stopped`].
    pub watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// How far it is.
    pub progress: Progress,
}

/// How far a backfill is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The owners whom it has visited so far.
    pub visited: u64,
    /// The owners who were due in all.
    pub due: u64,
}

impl<'a> Markers<'a> {
    /// How many owners a page has, unless somebody says otherwise.
    pub const DEFAULT_OWNERS_PER_PAGE: usize = 500;

    /// For how long an engine is waited for, unless somebody says otherwise.
    pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

    /// The markers of this engine, with the defaults.
    pub fn new(
        client: &'a mut dyn Client,
        time: &'a dyn Time,
        watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let (patience, owners_per_page) = (Self::DEFAULT_PATIENCE, Self::DEFAULT_OWNERS_PER_PAGE);
        Markers { client, time, patience, owners_per_page, watch, progress: Progress::default() }
    }

    /// Whom a backfill would enroll, and since when, sorted by user id.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`], [`Error::Unexpected`] and [`Error::Stopped`].
    pub fn due(&mut self, level: Level) -> Result<Vec<DueOwner>, Error> {
        let rows = self.ask(sql::DUE, &[], level)?;
        let clock = self.time.clock();
        let owners = rows.into_iter().map(|row| due::read(row, &clock)).collect::<Option<_>>();
        owners.ok_or(Error::Unexpected { statement: "due" })
    }

    /// Whom a backfill would leave out, and why.
    ///
    /// # Errors
    ///
    /// As [`due`](Self::due).
    pub fn skipped(&mut self, level: Level) -> Result<Vec<SkippedOwner>, Error> {
        let rows = self.ask(sql::SKIPPED, &[], level)?;
        skipped::read(&rows).ok_or(Error::Unexpected { statement: "skipped" })
    }

    /// What a backfill would count.
    ///
    /// # Errors
    ///
    /// As [`due`](Self::due).
    pub fn report(&mut self, level: Level) -> Result<Report, Error> {
        let rows = self.ask(sql::REPORT, &[], level)?;
        Report::read(&rows).ok_or(Error::Unexpected { statement: "report" })
    }

    /// Tells how far it is, and whether to go on.
    pub(crate) fn tell(&mut self) -> Result<(), Error> {
        match (self.watch)(self.progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped { progress: self.progress }),
        }
    }
}
