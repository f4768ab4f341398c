//! Why the program failed, as a sentence for the person who ran it.

use std::io;
use std::path::PathBuf;

use facilitator_markers::{Error, rusqlite};

use crate::advice::{code, of_code, remedy, told};
use crate::database::Access;

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

    #[error("{}: the volume can't be read: {error}; --cost needs the host's table transactions", path.display())]
    Cost { path: PathBuf, error: rusqlite::Error },

    #[error("{}: {}{}", path.display(), told(error, *access), kept(*created))]
    Markers {
        path: PathBuf,
        access: Access,
        error: Box<Error>,
        /// The changes that were committed before it failed.
        created: u64,
    },

    #[error("{}: {error}; the undo log has to be a file that can be read and written", path.display())]
    UndoLog { path: PathBuf, error: io::Error },

    #[error(
        "{}: line {line} is of something else than an undo log; pass the path of one, or of a new file",
        path.display()
    )]
    NotAnUndoLog { path: PathBuf, line: usize },

    #[error("the sample database: {0}")]
    Sample(#[source] Box<dyn std::error::Error>),

    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

fn kept(changes: u64) -> String {
    match changes {
        0 => String::new(),
        _ => format!("; markers mended before that: {changes}, and then the same command mends the rest"),
    }
}
