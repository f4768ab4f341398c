//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use facilitator_markers::Backfill;

/// Gives every facilitator owner of a database the enrollment marker that is missing.
///
/// Without PATH it makes a sample database, and shows there what a backfill does.
///
/// Stopping it at any moment is safe: run it again, and it does the rest.
#[derive(Debug, Parser)]
#[command(name = "backfill", after_help = "Exit status: 0 done, 1 failed, 2 wrong usage.")]
pub(crate) struct Arguments {
    /// The host's database, which has to exist
    pub(crate) path: Option<PathBuf>,

    /// Open the database read-only and show what a backfill would do
    #[arg(long, requires = "path")]
    pub(crate) dry_run: bool,

    /// List each owner that is left out, with the reason and what to do (on standard error with --json)
    #[arg(long, requires = "path")]
    pub(crate) explain: bool,

    /// Print the summary as one JSON object
    #[arg(long, requires = "path")]
    pub(crate) json: bool,

    /// Visit at most this many owners in one transaction
    #[arg(long, requires = "path", value_name = "N", default_value_t = Backfill::DEFAULT_OWNERS_PER_STEP)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub(crate) owners_per_step: u64,

    /// After each transaction, let other connections write for at least this many milliseconds, and for three times as
    /// long as it kept them from it; 0 is the fastest
    #[arg(long, requires = "path", value_name = "MS", default_value_t = milliseconds(Backfill::DEFAULT_PAUSE))]
    pause: u64,

    /// Wait up to this many milliseconds for another connection's lock
    #[arg(long, requires = "path", value_name = "MS", default_value_t = 5_000)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(..=MAX_BUSY_TIMEOUT))]
    busy_timeout: u64,
}

/// What SQLite can count, which is some 24 days.
const MAX_BUSY_TIMEOUT: u64 = i32::MAX as u64;

impl Arguments {
    pub(crate) fn pause(&self) -> Duration {
        Duration::from_millis(self.pause)
    }

    pub(crate) fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout)
    }
}

const fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
