//! The SQL functions, and how they come into the host's connection.

mod backfill;
mod backfill_close;
mod backfill_progress;
mod backfill_step;
mod changes;
mod counts;
mod create;
mod ensure;
mod held;
mod preview;
mod register;
mod repair;
mod repair_close;
mod repair_step;
mod version;

use std::ffi::{CStr, c_int};

use rusqlite::Connection;

use crate::answer::Answer;
use crate::argument::Arguments;
use crate::failure::Failure;

pub(crate) use self::register::register;

/// What a function does on the connection that calls it.
type Run = Box<dyn Fn(&Connection, &Arguments<'_>) -> Result<Answer, Failure>>;

/// A SQL function.
struct Function {
    name: &'static CStr,
    arguments: c_int,
    run: Run,
}

/// The functions for one connection: what a function keeps between its calls belongs to that connection.
fn all() -> [Function; 11] {
    let (backfills, repairs) = Default::default();
    [
        create::function(),
        ensure::function(),
        backfill::function(),
        backfill_step::function(&backfills),
        backfill_progress::function(&backfills),
        backfill_close::function(&backfills),
        repair::function(),
        repair_step::function(&repairs),
        repair_close::function(&repairs),
        preview::function(),
        version::function(),
    ]
}
