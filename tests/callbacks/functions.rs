//! SQL functions that the host has put in the place of SQLite's own.

use std::fmt;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::calls;
use crate::case::all;
use crate::database::{LOOSE, NOTED, UNSETTLED, USUAL};
use crate::fault::{Armed, Fault};
use crate::function::{Answer, Function};
use crate::harness::try_all;
use crate::setting::SETTINGS;

/// Every function of SQLite's core that a host might put its own in the place of.
const NAMES: [&str; 52] = [
    "abs",
    "avg",
    "changes",
    "char",
    "coalesce",
    "count",
    "date",
    "datetime",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "last_insert_rowid",
    "length",
    "like",
    "likelihood",
    "likely",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "printf",
    "quote",
    "random",
    "randomblob",
    "replace",
    "round",
    "rtrim",
    "sign",
    "sqlite_version",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "total_changes",
    "trim",
    "typeof",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
    "match",
    "regexp",
    "row_number",
];

const ANSWERS: [Answer; 6] = [
    Answer::Null,
    Answer::Number(0),
    Answer::Number(7),
    Answer::Text(""),
    Answer::Text("text"),
    Answer::Error(ffi::SQLITE_ERROR),
];

/// One function, or all, that answers the same to everything.
#[derive(Debug, Clone)]
struct Redefined {
    name: Option<&'static str>,
    answer: Answer,
    is_aggregate: bool,
}

impl fmt::Display for Redefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_aggregate { "an aggregate" } else { "a scalar" };
        write!(
            f,
            "{} is {kind} function of the host's that answers {:?}",
            self.name.unwrap_or("each function"),
            self.answer
        )
    }
}

impl Fault for Redefined {
    fn prepare<'c>(&'c self, conn: &'c Connection) -> Box<dyn Armed + 'c> {
        let define = if self.is_aggregate { Function::aggregate } else { Function::scalar };
        let names = NAMES.iter().filter(|name| self.name.is_none_or(|only| **name == only));
        Box::new(names.map(|name| define(conn, name, || self.answer)).collect::<Vec<_>>())
    }

    fn changes_nothing(&self) -> bool {
        true
    }
}

/// The functions that are aggregates where they have one argument or none.
const AGGREGATES: [&str; 7] = ["avg", "count", "group_concat", "max", "min", "sum", "total"];

/// All at once are tried so many times as often as each alone.
const ALL_AT_ONCE: usize = 10;

#[test]
fn no_function_that_a_host_may_redefine_decides_anything() {
    let mut faults = Vec::new();
    for answer in ANSWERS {
        let mut redefine = |name, is_aggregate| faults.push(Redefined { name, answer, is_aggregate });
        NAMES.iter().for_each(|name| redefine(Some(*name), false));
        AGGREGATES.iter().for_each(|name| redefine(Some(*name), true));
        (0..ALL_AT_ONCE)
            .for_each(|_| [false, true].into_iter().for_each(|is_aggregate| redefine(None, is_aggregate)));
    }
    let cases = all(&[USUAL, LOOSE, NOTED, UNSETTLED], &SETTINGS, &calls(), &faults);
    try_all("functions::no_function_that_a_host_may_redefine_decides_anything", &cases, 300);
}
