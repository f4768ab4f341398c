//! Enrolling the owners of an existing database.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, BackfillReport, Error, Progress, preview_facilitator_markers};

use crate::arguments::Arguments;
use crate::database;
use crate::explain;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Bar;
use crate::summary;

pub(crate) fn run(path: &Path, arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let conn = database::open(path, arguments.dry_run, arguments.busy_timeout())?;
    let failed = |error, created| Failure::Markers { path: path.to_owned(), error: Box::new(error), created };

    let bar = Bar::new();
    let mut created = 0;
    let show = |progress: Progress| {
        bar.show(&progress);
        created = progress.report.created;
    };
    let started = Instant::now();
    let outcome = match arguments.dry_run {
        true => preview_facilitator_markers(&conn).map(|preview| preview.report),
        false => backfill(&conn, arguments, show),
    };
    let elapsed = started.elapsed();
    bar.clear();

    let report = match &outcome {
        Ok(report) => report,
        Err(Error::MarkerRefused { report: Some(report), .. }) => report,
        Err(_) => return outcome.map(drop).map_err(|error| failed(error, created)),
    };
    write_summary(out, path, report, elapsed, arguments)?;
    if arguments.explain {
        match arguments.json {
            true => explain::write(&mut Output::stderr(), &conn, path)?,
            false => {
                writeln!(out)?;
                explain::write(out, &conn, path)?;
            }
        }
    }
    outcome.map(drop).map_err(|error| failed(error, 0))
}

fn backfill(
    conn: &Connection,
    arguments: &Arguments,
    show: impl FnMut(Progress),
) -> Result<BackfillReport, Error> {
    Backfill::new(conn)?.run_to_completion(arguments.owners_per_step, arguments.pause(), Some(show))
}

fn write_summary(
    out: &mut impl Write,
    path: &Path,
    report: &BackfillReport,
    elapsed: Duration,
    arguments: &Arguments,
) -> io::Result<()> {
    if arguments.json {
        return summary::write_json(out, report, elapsed);
    }
    let (path, elapsed) = (path.display(), elapsed.as_millis());
    match arguments.dry_run {
        true => writeln!(out, "Dry run on {path}, {elapsed} ms: nothing was written\n")?,
        false => writeln!(out, "Backfill of {path}, {elapsed} ms\n")?,
    }
    summary::write_table(out, report, arguments.dry_run)
}
