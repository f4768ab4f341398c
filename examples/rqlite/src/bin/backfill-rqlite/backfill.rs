//! A backfill of a cluster.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use facilitator_markers_rqlite::{Error, Level, Markers, Progress, Refusal, SkippedOwner, SystemTime};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::progress::Bar;
use crate::summary::Summary;
use crate::tell::{self, Ending, Lists};

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    let bar = Bar::new();
    let interruption = Interruption::between_pages(bar.clone());
    let mut cluster = arguments.cluster();
    cluster.check()?;
    let mut watch = |progress: Progress| {
        bar.show(progress);
        match interruption.has_come() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let mut markers = Markers::new(&mut cluster, &SystemTime, &mut watch);
    markers.owners_per_page = arguments.owners_per_page();
    markers.patience = arguments.patience();

    let started = Instant::now();
    let result = markers.backfill();
    bar.clear();
    let elapsed = started.elapsed();
    let (report, refused) = match &result {
        Ok(report) => (*report, &[][..]),
        Err(Error::MarkerRefused { report, refused }) => (*report, &refused[..]),
        Err(_) => {
            let visited = markers.progress.visited;
            return result.map(|_| Ending::Done).map_err(|error| Failure::after(visited, error));
        }
    };

    let lists = match tell::needs_lists(arguments) {
        false => Lists::default(),
        true => {
            let mut left_out = markers.skipped(Level::Strong)?;
            // What only the run could tell; the rest is in the list.
            let met = refused.iter().filter(|owner| owner.refusal != Refusal::Taken);
            left_out.extend(met.cloned().map(SkippedOwner::MarkerRefused));
            Lists { left_out, due: None }
        }
    };
    let summary = Summary { is_dry_run: false, report, elapsed };
    tell::write(out, &summary, &lists, arguments)?;
    result?;
    Ok(tell::ending(&lists, arguments))
}
