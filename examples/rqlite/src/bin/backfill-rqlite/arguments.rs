//! The command line.

use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use facilitator_markers_rqlite::{Markers, Node, Rqlite};

/// Gives every facilitator owner of an rqlite cluster the enrollment marker that is missing.
///
/// Stopping it at any moment is safe: run it again, and it does the rest.
#[derive(Debug, Parser)]
#[command(name = env!("CARGO_BIN_NAME"), version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The URLs of one or more nodes, such as http://127.0.0.1:4001 or http://user:password@node1:4001. Where one doesn't
    /// answer, the next one is asked
    #[arg(required = true, value_name = "NODE")]
    pub(crate) nodes: Vec<Node>,

    /// Show what a backfill would do, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// List each owner that is left out, with the reason and what to do, and in a dry run each who would be enrolled, and
    /// since when
    #[arg(long)]
    pub(crate) explain: bool,

    /// Exit with status 3 if an owner is left out
    #[arg(long)]
    pub(crate) strict: bool,

    /// Enroll one user only: the one with this id, as "user" has it, or in other upper and lower case where only one user
    /// can be meant. There is no dry run of it
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["dry_run", "explain", "strict", "owners_per_page"])]
    pub(crate) enroll: Option<String>,

    /// Print the summary, or what became of --enroll, as one JSON object; with --explain, the lists are its left_out and,
    /// in a dry run, its due
    #[arg(long)]
    pub(crate) json: bool,

    /// Print one JSON object for each owner of these lists, on a line of its own whose kind is skipped or due, and last
    /// the summary, whose kind is report
    #[arg(long, conflicts_with_all = ["json", "enroll"])]
    pub(crate) json_lines: bool,

    /// Enroll at most this many owners by one statement, for which others who write wait
    #[arg(long, value_name = "N", default_value_t = Markers::DEFAULT_OWNERS_PER_PAGE as u64)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    owners_per_page: u64,

    /// Wait up to this many milliseconds for a node's answer
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    timeout: u64,

    /// Go on trying for this many milliseconds while no node answers, as when the cluster elects a leader
    #[arg(long, value_name = "MS", default_value_t = Markers::DEFAULT_PATIENCE.as_millis() as u64)]
    patience: u64,
}

const AFTER_HELP: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with owners left out (with --strict), 130 ended by Ctrl-C.
A marker that the database refuses is a failure, after all other owners were visited; one that a dry run foresees
is an owner left out. A user whom --enroll doesn't enroll is a failure. Ctrl-C lets the page that runs be written; pressed
once more, it ends the program at once.";

impl Arguments {
    /// The cluster of these nodes.
    pub(crate) fn cluster(&self) -> Rqlite {
        Rqlite::new(self.nodes.clone(), Duration::from_millis(self.timeout))
    }

    pub(crate) fn owners_per_page(&self) -> usize {
        self.owners_per_page.try_into().unwrap_or(usize::MAX)
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.patience)
    }

    /// The nodes by their names, without passwords.
    pub(crate) fn title(&self) -> String {
        let names: Vec<_> = self.nodes.iter().map(Node::to_string).collect();
        names.join(", ")
    }
}
