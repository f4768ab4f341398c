//! Everyone who writes the markers of a database, each in its own way.

use std::time::Duration;

use clap::ValueEnum;
use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, Progress, backfill_facilitator_markers};

use crate::Result;
use crate::expected::Expected;
use crate::rivals;
use crate::table::thousands;

/// How many owners a step visits where nobody else is waiting.
const OWNERS_PER_STEP_WITHOUT_PAUSE: u64 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Contestant {
    PerOwner,
    OneStatement,
    /// The library with its default steps and pauses.
    OneCall,
    /// The library where nobody else is waiting.
    StepsWithoutPause,
    Floor,
}

impl Contestant {
    pub fn name(self) -> String {
        match self {
            Contestant::PerOwner => "per owner".into(),
            Contestant::OneStatement => "one statement".into(),
            Contestant::OneCall => "library, one call".into(),
            Contestant::StepsWithoutPause => {
                format!("library, steps of {}, pause 0", thousands(OWNERS_PER_STEP_WITHOUT_PAUSE))
            }
            Contestant::Floor => "floor".into(),
        }
    }

    /// Whether it is worth running where nothing is missing.
    pub fn repeats(self) -> bool {
        self == Contestant::OneStatement || self.is_library()
    }

    pub fn is_library(self) -> bool {
        matches!(self, Contestant::OneCall | Contestant::StepsWithoutPause)
    }

    /// Writes all missing markers, and says how many.
    pub fn run(self, conn: &Connection, expected: &Expected) -> Result<u64> {
        match self {
            Contestant::PerOwner => rivals::per_owner(conn),
            Contestant::OneStatement => rivals::one_statement(conn),
            Contestant::OneCall => Ok(backfill_facilitator_markers(conn)?.created),
            Contestant::StepsWithoutPause => {
                let (owners, progress) = (OWNERS_PER_STEP_WITHOUT_PAUSE, None::<fn(Progress)>);
                Ok(Backfill::new(conn)?.run_to_completion(owners, Duration::ZERO, progress)?.created)
            }
            Contestant::Floor => rivals::floor(conn, expected),
        }
    }
}
