//! Enrolls the facilitator owners of an rqlite cluster.
//!
//! ```sh
//! cargo run --release -- http://127.0.0.1:4001 --dry-run
//! ```

mod arguments;
mod backfill;
mod dry_run;
mod enroll;
mod explain;
mod failure;
mod interruption;
mod json;
#[path = "../../../../backfill/line.rs"]
mod line;
mod lines;
#[path = "../../../../backfill/output.rs"]
mod output;
mod owner;
mod progress;
#[path = "../../../../backfill/sentence.rs"]
mod sentence;
mod summary;
#[path = "../../../../backfill/table.rs"]
mod table;
mod tell;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::tell::Ending;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = &mut Output::stdout();
    match run(&arguments, out) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::OwnersLeftOut) => ExitCode::from(3),
        Err(failure) => {
            // Where even this can't be written, the exit status still says it.
            let _ = writeln!(Output::stderr(), "{}", failure.line());
            match failure {
                Failure::Interrupted { .. } => ExitCode::from(interruption::STATUS),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    match &arguments.enroll {
        Some(user_id) => enroll::run(user_id, arguments, out).map(|()| Ending::Done),
        None if arguments.dry_run => dry_run::run(arguments, out),
        None => backfill::run(arguments, out),
    }
}
