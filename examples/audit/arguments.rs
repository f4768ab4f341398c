//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::database::Access;
use crate::version::VERSION;

/// Says what is wrong with the enrollment markers of a database, and mends what nobody has to decide.
///
/// Without PATH it makes a sample database, and shows there what is lost, and what a repair brings back.
///
/// Stopping it at any moment is safe: run it again, and it does the rest.
#[derive(Debug, Parser)]
#[command(name = "audit", version = VERSION.as_str(), after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The host's database, which has to exist. It is opened read-only, unless it is to be repaired
    pub(crate) path: Option<PathBuf>,

    /// Mend the markers that are wrong, as far as nobody has to decide, and list what is left
    #[arg(long, requires = "path")]
    pub(crate) repair: bool,

    /// Add a line to this file for each change, before it is committed, with the old and the new values and the statement
    /// that undoes it. The file is made where it is missing
    #[arg(long, requires = "repair", value_name = "FILE")]
    pub(crate) undo_log: Option<PathBuf>,

    /// Undo the changes in this file, the last one first. What somebody has changed since stays as it is
    #[arg(long, requires = "path", value_name = "FILE", conflicts_with_all = ["repair", "cost", "immutable"])]
    pub(crate) undo: Option<PathBuf>,

    /// Print one JSON object for each finding, each change and each row that is undone, on a line of its own whose kind
    /// says which of them it is, and last the counts, whose kind is report
    #[arg(long, requires = "path")]
    pub(crate) json_lines: bool,

    /// Say of each marker that a repair would mend how much volume the platform counts, and how much it doesn't count
    /// because of what is wrong. Reads the host's table transactions
    #[arg(long, requires = "path")]
    pub(crate) cost: bool,

    /// Read a database in WAL mode in a folder that can't be written. Only while nobody writes to it: what is read
    /// beside a writer is wrong, and SQLite doesn't notice
    #[arg(long, requires = "path", conflicts_with = "repair")]
    immutable: bool,

    /// Wait up to this many milliseconds for another connection's lock
    #[arg(long, requires = "path", value_name = "MS", default_value_t = 5_000)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(..=MAX_BUSY_TIMEOUT))]
    busy_timeout: u64,
}

const AFTER_HELP: &str = "\
Exit status: 0 nothing is wrong, 1 failed, 2 wrong usage, 3 something is wrong and stays so, 130 ended by Ctrl-C.
What is told for information only (not_an_owner, dated_early) is not wrong. With --undo, 3 says that a row was left
because somebody has changed it since. A change that the database refuses is a failure, after all others were made.";

/// What SQLite can count, which is some 24 days.
const MAX_BUSY_TIMEOUT: u64 = i32::MAX as u64;

impl Arguments {
    /// How the database is opened to be read.
    pub(crate) fn reading(&self) -> Access {
        if self.immutable { Access::ReadImmutable } else { Access::Read }
    }

    pub(crate) fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout)
    }
}
