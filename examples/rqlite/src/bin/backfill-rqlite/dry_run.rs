//! What a backfill would do.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use facilitator_markers_rqlite::{Level, Markers, SystemTime};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::summary::Summary;
use crate::tell::{self, Ending, Lists};

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    Interruption::at_once("interrupted; a dry run writes nothing");
    let mut cluster = arguments.cluster();
    cluster.check()?;
    let mut watch = |_| ControlFlow::Continue(());
    let mut markers = Markers::new(&mut cluster, &SystemTime, &mut watch);
    markers.patience = arguments.patience();

    let started = Instant::now();
    let report = markers.report(Level::Weak)?;
    let elapsed = started.elapsed();
    let lists = match tell::needs_lists(arguments) {
        false => Lists::default(),
        true => Lists { left_out: markers.skipped(Level::Weak)?, due: Some(markers.due(Level::Weak)?) },
    };
    let summary = Summary { is_dry_run: true, report, elapsed };
    tell::write(out, &summary, &lists, arguments)?;
    Ok(tell::ending(&lists, arguments))
}
