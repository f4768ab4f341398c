//! A backfill of an existing database, or a dry run.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use facilitator_markers::{Backfill, BackfillReport, Error, Progress, preview_facilitator_markers};

use crate::arguments::Arguments;
use crate::database::Database;
use crate::explain;
use crate::failure::Failure;
use crate::interruption::on_ctrl_c;
use crate::json;
use crate::progress::Bar;
use crate::summary::{self, Summary};

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
    let outcome = match arguments.dry_run {
        true => preview_facilitator_markers(&database.conn),
        false => backfill(&database, arguments, &bar, &created),
    };
    let elapsed = started.elapsed();

    let (report, refused) = match &outcome {
        Ok(report) => (*report, 0),
        Err(Error::MarkerRefused { report: Some(report), count, .. }) => (**report, *count),
        Err(_) => {
            let created = created.load(Ordering::Relaxed);
            return outcome.map(|_| Ending::Done).map_err(|error| database.failed_after(created, error));
        }
    };
    let summary = Summary { access: database.access, report, refused, elapsed };
    let left_out = tell(out, &database, &summary, arguments)?;
    match outcome {
        Err(refusal) if !arguments.dry_run => Err(database.failed(refusal)),
        _ if arguments.strict && left_out + refused > 0 => Ok(Ending::OwnersLeftOut),
        _ => Ok(Ending::Done),
    }
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
fn backfill(
    database: &Database,
    arguments: &Arguments,
    bar: &Bar,
    created: &AtomicU64,
) -> Result<BackfillReport, Error> {
    let mut backfill = Backfill::new(&database.conn)?;
    let beginning = backfill.progress();
    let show = |progress: Progress| {
        created.store(progress.report.created, Ordering::Relaxed);
        bar.show(&progress, &beginning);
    };
    let outcome = backfill.run_to_completion(arguments.owners_per_step, arguments.pause(), Some(show));
    bar.clear();
    outcome
}

/// Gives the number of owners that are left out, where somebody wants to know.
fn tell(
    out: &mut impl Write,
    database: &Database,
    summary: &Summary,
    arguments: &Arguments,
) -> Result<u64, Failure> {
    match (arguments.json, arguments.explain) {
        (true, true) => return json::write_summary_and_list(out, summary, database),
        (true, false) => json::write_summary(out, summary)?,
        (false, explain) => summary::write(out, &database.path, summary, explain)?,
    }
    if arguments.explain {
        writeln!(out)?;
        return explain::write(out, database);
    }
    if arguments.strict { explain::count(database) } else { Ok(0) }
}
