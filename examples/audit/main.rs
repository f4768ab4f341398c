//! Says what is wrong with the markers of a database, mends them, and undoes that; or shows all this on a sample database.
//!
//! ```sh
//! cargo run --example audit
//! cargo run --release --example audit -- PATH
//! cargo run --release --example audit -- PATH --repair --undo-log FILE
//! cargo run --release --example audit -- PATH --undo FILE
//! ```

mod amount;
mod arguments;
mod audit;
mod cost;
mod demo;
mod entry;
mod failure;
mod finding;
mod findings;
mod repair;
mod summary;
mod undo;
mod undo_log;
mod volume;

// What both operators' examples do alike.
#[path = "../backfill/advice.rs"]
mod advice;
#[path = "../backfill/database.rs"]
mod database;
#[path = "../backfill/interruption.rs"]
mod interruption;
#[path = "../backfill/line.rs"]
mod line;
#[path = "../backfill/output.rs"]
mod output;
#[path = "../backfill/sentence.rs"]
mod sentence;
#[path = "../backfill/table.rs"]
mod table;
#[path = "../backfill/version.rs"]
mod version;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::output::Output;

/// How a run ended that didn't fail.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Done,
    /// Something is wrong, and stays so.
    LeftWrong,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = &mut Output::stdout();
    let result = match (&arguments.path, &arguments.undo) {
        (None, _) => demo::run(out).map(|()| Ending::Done),
        (Some(path), None) if arguments.repair => repair::run(path, &arguments, out),
        (Some(path), None) => audit::run(path, &arguments, out),
        (Some(path), Some(log)) => undo::run(path, log, &arguments, out),
    };
    match result {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::LeftWrong) => ExitCode::from(3),
        Err(failure) => {
            // Where even this can't be written, the exit status still says it.
            let _ = writeln!(Output::stderr(), "{}", sentence::on_one_line(&failure.to_string()));
            ExitCode::FAILURE
        }
    }
}
