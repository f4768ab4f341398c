//! Why the program failed, as one line for the person who ran it.

use std::io;

use facilitator_markers_rqlite::{Error, Unavailable};

use crate::sentence;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}; check the node's URL, and its user and password")]
    NotLetIn(#[from] Unavailable),

    #[error("{}{}", told(error), kept(*visited))]
    Markers {
        error: Error,
        /// The owners whom a backfill had visited before it failed, and that no summary has told of.
        visited: u64,
    },

    #[error(
        "interrupted; the markers committed so far stay ({visited} of {due} owners were visited), and the same command \
         writes the rest"
    )]
    Interrupted { visited: u64, due: u64 },

    #[error("{advice}")]
    NotEnrolled { advice: String },

    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Of a backfill that had visited as many owners.
    pub(crate) fn after(visited: u64, error: Error) -> Self {
        match error {
            Error::Stopped { progress } => {
                Failure::Interrupted { visited: progress.visited, due: progress.due }
            }
            error => Failure::Markers { error, visited },
        }
    }

    /// The message on a single line.
    pub(crate) fn line(&self) -> String {
        sentence::on_one_line(&self.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::after(0, error)
    }
}

/// The message, with what can be done about it here.
fn told(error: &Error) -> String {
    match error {
        Error::Engine(failure) if failure.is::<Unavailable>() => {
            format!(
                "{failure}; check that the nodes run and have a leader, or try for longer with --patience"
            )
        }
        Error::Engine(failure) => {
            format!("the cluster answered: {failure}; look for what it names in the host's schema")
        }
        error => error.to_string(),
    }
}

fn kept(visited: u64) -> String {
    match visited {
        0 => String::new(),
        _ => format!("; owners visited before that: {visited}, and then the same command does the rest"),
    }
}
