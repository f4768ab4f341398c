//! Enrolls the facilitator owners of a database, or shows on a sample database what that does.
//!
//! ```sh
//! cargo run --example backfill
//! cargo run --release --example backfill -- PATH --dry-run
//! ```
//!
//! To have it as a program of its own, `backfill`:
//!
//! ```sh
//! cargo install --locked --path . --example backfill
//! backfill PATH --dry-run
//! ```

mod advice;
mod arguments;
mod backfill;
mod database;
mod demo;
mod enroll;
mod explain;
mod failure;
mod interruption;
mod json;
mod line;
mod lines;
mod output;
mod owner;
mod progress;
mod sentence;
mod summary;
mod table;
mod version;
mod volume;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::backfill::Ending;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = &mut Output::stdout();
    let result = match (&arguments.path, &arguments.enroll) {
        (None, _) => demo::run(out).map(|()| Ending::Done),
        (Some(path), None) => backfill::run(path, &arguments, out),
        (Some(path), Some(user_id)) => enroll::run(path, user_id, &arguments, out).map(|()| Ending::Done),
    };
    match result {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::OwnersLeftOut) => ExitCode::from(3),
        Err(failure) => {
            // Where even this can't be written, the exit status still says it.
            let _ = writeln!(Output::stderr(), "{}", failure.line());
            ExitCode::FAILURE
        }
    }
}
