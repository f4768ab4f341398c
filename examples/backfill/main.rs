//! Enrolls the facilitator owners of a database, or shows on a sample database what that does.
//!
//! ```sh
//! cargo run --example backfill
//! cargo run --release --example backfill -- PATH --dry-run
//! ```

mod arguments;
mod database;
mod demo;
mod enroll;
mod explain;
mod failure;
mod output;
mod progress;
mod summary;
mod table;
mod volume;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.path {
        None => demo::run(&mut Output::stdout()),
        Some(path) => enroll::run(path, &arguments, &mut Output::stdout()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where even this can't be written, the exit status still says it.
            let _ = writeln!(Output::stderr(), "{}", failure.line());
            ExitCode::FAILURE
        }
    }
}
