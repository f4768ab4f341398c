//! Why the program failed, as one line for the person who ran it.

use std::io;
use std::path::PathBuf;

use facilitator_markers::{Error, rusqlite};

use crate::advice::{code, of_code, remedy, told};
use crate::database::Access;
use crate::sentence;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}: {error}; {}", path.display(), remedy(error.kind()))]
    Unreadable { path: PathBuf, error: io::Error },

    #[error("{}: not a file; pass the path of the host's database", path.display())]
    NotAFile { path: PathBuf },

    #[error(
        "{}: {} holds changes that --immutable doesn't see: while nobody writes to them, copy both to a folder of \
         yours, and run this on the copy without --immutable",
        path.display(), beside.display()
    )]
    NotImmutable { path: PathBuf, beside: PathBuf },

    #[error("{}: {error}{}", path.display(), of_code(code(error)))]
    Sqlite { path: PathBuf, error: rusqlite::Error },

    #[error("{}: {}{}", path.display(), told(error, *access), kept(*created))]
    Markers {
        path: PathBuf,
        access: Access,
        error: Box<Error>,
        /// The markers that were committed before it failed, and that no summary has told of.
        created: u64,
    },

    #[error("{}: {advice}", path.display())]
    NotEnrolled { path: PathBuf, advice: String },

    #[error("the sample database: {0}")]
    Sample(#[source] Box<dyn std::error::Error>),

    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The message on a single line.
    pub(crate) fn line(&self) -> String {
        sentence::on_one_line(&self.to_string())
    }
}

fn kept(created: u64) -> String {
    match created {
        0 => String::new(),
        _ => format!("; markers written before that: {created}, and then the same command writes the rest"),
    }
}
