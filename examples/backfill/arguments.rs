//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use facilitator_markers::Backfill;

use crate::database::Access;
use crate::version::VERSION;

/// Gives every facilitator owner of a database the enrollment marker that is missing.
///
/// Without PATH it makes a sample database, and shows there what a backfill does.
///
/// Stopping it at any moment is safe: run it again, and it does the rest.
#[derive(Debug, Parser)]
#[command(name = "backfill", version = VERSION.as_str(), after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The host's database, which has to exist
    pub(crate) path: Option<PathBuf>,

    /// Open the database read-only and show what a backfill would do
    #[arg(long, requires = "path")]
    pub(crate) dry_run: bool,

    /// Read a database in WAL mode in a folder that can't be written. Only while nobody writes to it: what is read
    /// beside a writer is wrong, and SQLite doesn't notice
    #[arg(long, requires = "dry_run")]
    pub(crate) immutable: bool,

    /// List each owner that is left out, with the reason and what to do, and in a dry run each who would be enrolled, and
    /// since when
    #[arg(long, requires = "path")]
    pub(crate) explain: bool,

    /// Exit with status 3 if an owner is left out
    #[arg(long, requires = "path")]
    pub(crate) strict: bool,

    /// Enroll one user only: the one with exactly this id, as "user" has it. For an owner_address that could mean
    /// several users, once you know which of them. There is no dry run of it
    #[arg(long, requires = "path", value_name = "ID", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["dry_run", "explain", "strict", "owners_per_step", "pause"])]
    pub(crate) enroll: Option<String>,

    /// Print the summary, or what became of --enroll, as one JSON object; with --explain, the lists are its left_out and,
    /// in a dry run, its due
    #[arg(long, requires = "path")]
    pub(crate) json: bool,

    /// Print one JSON object for each owner of these lists, on a line of its own whose kind is skipped or due, and last
    /// the summary, whose kind is report
    #[arg(long, requires = "path", conflicts_with_all = ["json", "enroll"])]
    pub(crate) json_lines: bool,

    /// Visit at most this many owners in one transaction
    #[arg(long, requires = "path", value_name = "N", default_value_t = Backfill::DEFAULT_OWNERS_PER_STEP)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub(crate) owners_per_step: u64,

    /// Beside somebody who writes too, let others write for at least this many milliseconds after each stretch of writing;
    /// with 0 they are never waited for
    #[arg(long, requires = "path", value_name = "MS", default_value_t = milliseconds(Backfill::DEFAULT_PAUSE))]
    pause: u64,

    /// Wait up to this many milliseconds for another connection's lock
    #[arg(long, requires = "path", value_name = "MS", default_value_t = 5_000)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(..=MAX_BUSY_TIMEOUT))]
    busy_timeout: u64,
}

const AFTER_HELP: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with owners left out (with --strict), 130 ended by Ctrl-C.
A marker that the database refuses is a failure, after all other owners were visited; one that a dry run foresees
is an owner left out. A user whom --enroll doesn't enroll is a failure.";

/// What SQLite can count, which is some 24 days.
const MAX_BUSY_TIMEOUT: u64 = i32::MAX as u64;

impl Arguments {
    pub(crate) fn access(&self) -> Access {
        match (self.dry_run, self.immutable) {
            (false, _) => Access::Write,
            (true, false) => Access::Read,
            (true, true) => Access::ReadImmutable,
        }
    }

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
