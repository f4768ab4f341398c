//! What can go wrong, for the person who has to act on it.

use crate::client::Failure;
use crate::markers::Progress;
use crate::refused::RefusedOwner;
use crate::report::Report;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine didn't answer for as long as it was waited for, or it failed what only reads.
    #[error("{0}")]
    Engine(Failure),

    /// Markers that are missing and that the engine doesn't take, after all other owners were visited.
    #[error("{}", told(.refused))]
    MarkerRefused {
        /// What the backfill did all the same.
        report: Report,
        /// The owners who stay unenrolled, each with the reason.
        refused: Vec<RefusedOwner>,
    },

    /// The marker of the one user who was to be enrolled.
    #[error("1 marker is refused: {0}")]
    EnsureRefused(RefusedOwner),

    /// A thousand markers were refused and none was written.
    #[error("1,000 markers are refused and none was written, so that it is the schema, the first: {first}")]
    Schema {
        /// The first of them.
        first: RefusedOwner,
    },

    /// The host's program didn't want it to go on.
    #[error("stopped after {} of {} owners; another backfill does the rest", .progress.visited, .progress.due)]
    Stopped {
        /// How far it was.
        progress: Progress,
    },

    /// An answer with other columns than the statement has.
    #[error(
        "the answer to {statement} isn't what that statement gives; check that the URL is that of a cluster"
    )]
    Unexpected {
        /// The statement's name.
        statement: &'static str,
    },
}

fn told(owners: &[RefusedOwner]) -> String {
    match owners {
        [] => "markers are refused, and --explain lists them".to_owned(),
        [first] => format!("1 marker is refused: {first}"),
        [first, ..] => format!("{} markers are refused, the first: {first}", owners.len()),
    }
}
