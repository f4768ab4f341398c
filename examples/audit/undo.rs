//! Undoing a repair.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::Ending;
use crate::arguments::Arguments;
use crate::database::{Access, Database};
use crate::entry::{Entry, Undone};
use crate::failure::Failure;
use crate::interruption::on_ctrl_c;
use crate::line;
use crate::output::Output;
use crate::sentence;
use crate::table::{self, Column};
use crate::undo_log::UndoLog;

/// Each change is undone in a transaction of its own: nobody waits long, and it can be stopped anywhere.
pub(crate) fn run(
    path: &Path,
    log: &Path,
    arguments: &Arguments,
    out: &mut impl Write,
) -> Result<Ending, Failure> {
    on_ctrl_c(|| "interrupted; what was undone stays so, and the same command undoes the rest".to_owned());
    let database = Database::open(path, Access::Write, arguments.busy_timeout())?;
    let log = UndoLog::read(log)?;
    if let Some(warning) = log.warning() {
        let _ = writeln!(Output::stderr(), "{}", sentence::on_one_line(&warning));
    }
    let started = Instant::now();
    let mut counts = Counts::default();
    log.for_each_from_the_last(|entry| {
        let undone = entry
            .undo(&database.conn)
            .map_err(|error| Failure::Sqlite { path: database.path.clone(), error })?;
        *counts.of(undone) += 1;
        match arguments.json_lines {
            true => {
                line::write(out, "undo", &Row { id: &entry.id, user_id: &entry.user_id, outcome: undone })?
            }
            false => writeln!(out, "{}", sentence_of(&entry, undone))?,
        }
        Ok(())
    })?;
    counts.elapsed_ms = started.elapsed().as_millis();
    match arguments.json_lines {
        true => line::write(out, "report", &counts)?,
        false => write_table(out, &database, &counts)?,
    }
    Ok(if counts.changed_since > 0 { Ending::LeftWrong } else { Ending::Done })
}

fn sentence_of(entry: &Entry, undone: Undone) -> String {
    let Entry { id, user_id, .. } = entry;
    match undone {
        Undone::PutBack => format!("put_back: marker {id:?} of user {user_id:?} has its old values again"),
        Undone::AsItWas => format!("as_it_was: marker {id:?} of user {user_id:?} has its old values already"),
        Undone::ChangedSince => format!(
            "changed_since: marker {id:?} of user {user_id:?} stays as it is: somebody has changed or removed it since"
        ),
    }
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    user_id: &'a str,
    outcome: Undone,
}

#[derive(Default, Serialize)]
struct Counts {
    put_back: u64,
    as_it_was: u64,
    changed_since: u64,
    elapsed_ms: u128,
}

impl Counts {
    fn of(&mut self, undone: Undone) -> &mut u64 {
        match undone {
            Undone::PutBack => &mut self.put_back,
            Undone::AsItWas => &mut self.as_it_was,
            Undone::ChangedSince => &mut self.changed_since,
        }
    }
}

fn write_table(out: &mut impl Write, database: &Database, counts: &Counts) -> io::Result<()> {
    let Counts { put_back, as_it_was, changed_since, elapsed_ms } = counts;
    if put_back + as_it_was + changed_since > 0 {
        writeln!(out)?;
    }
    writeln!(out, "Undone in {}, {elapsed_ms} ms\n", database.path.display())?;
    let rows = [
        ("put_back", put_back, "markers that have their old values again"),
        ("as_it_was", as_it_was, "had them already: never committed, or undone before"),
        ("changed_since", changed_since, "left alone: somebody has changed or removed them since"),
    ]
    .map(|(name, count, meaning)| [name.to_owned(), count.to_string(), meaning.to_owned()]);
    table::write(out, [Column::Left("result"), Column::Right("count"), Column::Left("meaning")], &rows)
}
