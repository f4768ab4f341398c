//! The table-valued functions, and how they come into the host's connection.

mod audit;
mod column;
mod due;
mod listing;
mod module;
mod register;
mod skipped;

use std::ffi::CStr;

use rusqlite::Connection;

use crate::answer::Answer;
use crate::failure::Failure;

pub(crate) use self::register::register;

/// A table-valued function.
struct Table {
    name: &'static CStr,
    /// The statement that declares its columns.
    declaration: fn() -> String,
    /// Begins to read it.
    read: fn(&Connection) -> Result<Box<dyn Rows>, Failure>,
}

/// The rows of a table, one after the other. Between two of them nothing is held of the connection.
trait Rows {
    /// Goes to the next row, if there is one.
    fn next(&mut self, conn: &Connection) -> Result<bool, Failure>;

    /// What stands in a column of the row.
    fn value(&self, conn: &Connection, column: usize) -> Result<Answer, Failure>;
}

static TABLES: [Table; 3] = [due::TABLE, skipped::TABLE, audit::TABLE];
