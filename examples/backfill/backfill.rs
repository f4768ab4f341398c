//! A backfill of an existing database, or a dry run.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use facilitator_markers::{Backfill, BackfillReport, Error, Progress, preview_facilitator_markers};

use crate::arguments::Arguments;
use crate::database::Database;
use crate::explain::{self, Source};
use crate::failure::Failure;
use crate::interruption::on_ctrl_c;
use crate::progress::Bar;
use crate::summary::{self, Summary};
use crate::{json, lines};

/// How a run ended that didn't fail.
pub(crate) enum Ending {
    Done,
    /// With `--strict`.
    OwnersLeftOut,
}

pub(crate) fn run(path: &Path, arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    let (bar, created) = (Bar::new(), Arc::new(AtomicU64::new(0)));
    on_ctrl_c(farewell(bar.clone(), Arc::clone(&created), arguments.dry_run));
    let database = Database::open(path, arguments.access(), arguments.busy_timeout())?;
    let started = Instant::now();
    let Outcome { source, result, warnings } = match arguments.dry_run {
        true => preview(&database),
        false => backfill(&database, arguments, &bar, &created),
    };
    let elapsed = started.elapsed();

    let report = match &result {
        Ok(report) => *report,
        Err(Error::MarkerRefused { report: Some(report), .. }) => **report,
        Err(_) => {
            let created = created.load(Ordering::Relaxed);
            return result.map(|_| Ending::Done).map_err(|error| database.failed_after(created, error));
        }
    };
    let summary = Summary { access: database.access, report, warnings, elapsed };
    let left_out = tell(out, &database, &source, &summary, arguments)?;
    match result {
        Err(refusal) => Err(database.failed(refusal)),
        Ok(_) if arguments.strict && left_out > 0 => Ok(Ending::OwnersLeftOut),
        Ok(_) => Ok(Ending::Done),
    }
}

/// What a run came to.
struct Outcome<'a> {
    source: Source<'a>,
    result: Result<BackfillReport, Error>,
    warnings: Vec<String>,
}

fn preview(database: &Database) -> Outcome<'_> {
    let (result, warnings) = match preview_facilitator_markers(&database.conn) {
        Ok(preview) => (Ok(preview.report), preview.warnings.iter().map(ToString::to_string).collect()),
        Err(error) => (Err(error), Vec::new()),
    };
    Outcome { source: Source::Database, result, warnings }
}

/// What to say where Ctrl-C ends it.
fn farewell(bar: Bar, created: Arc<AtomicU64>, dry_run: bool) -> impl Fn() -> String {
    move || {
        bar.clear();
        if dry_run {
            return "interrupted; a dry run writes nothing".to_owned();
        }
        // The step that runs may be committed by now.
        let created = created.load(Ordering::Relaxed);
        format!(
            "interrupted; the markers committed so far stay (at least {created}), and the same command writes the \
             rest"
        )
    }
}

/// Counts in `created` the markers that are committed.
fn backfill<'a>(
    database: &'a Database,
    arguments: &Arguments,
    bar: &Bar,
    created: &AtomicU64,
) -> Outcome<'a> {
    let mut backfill = match Backfill::new(&database.conn) {
        Ok(backfill) => backfill,
        Err(error) => return Outcome { source: Source::Database, result: Err(error), warnings: Vec::new() },
    };
    let beginning = backfill.progress();
    bar.begin(&beginning);
    let show = |progress: Progress| {
        created.store(progress.report.created, Ordering::Relaxed);
        bar.show(&progress, &beginning);
    };
    let result = backfill.run_to_completion(arguments.owners_per_step, arguments.pause(), Some(show));
    bar.clear();
    Outcome { source: Source::Backfill(Box::new(backfill)), result, warnings: Vec::new() }
}

/// Gives the number of owners that are left out, where somebody wants to know.
fn tell(
    out: &mut impl Write,
    database: &Database,
    source: &Source<'_>,
    summary: &Summary,
    arguments: &Arguments,
) -> Result<u64, Failure> {
    if arguments.json_lines {
        return lines::write(out, summary, database, source);
    }
    match (arguments.json, arguments.explain) {
        (true, true) => return json::write_summary_and_lists(out, summary, database, source),
        (true, false) => json::write_summary(out, summary)?,
        (false, explain) => summary::write(out, &database.path, summary, explain)?,
    }
    if arguments.explain {
        writeln!(out)?;
        return explain::write(out, database, source);
    }
    if arguments.strict { source.count(database) } else { Ok(0) }
}
