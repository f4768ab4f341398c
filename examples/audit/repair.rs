//! A repair of an existing database.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use facilitator_markers::{Backfill, Change, Error, Repair, StepResult};

use crate::Ending;
use crate::arguments::Arguments;
use crate::database::{Access, Database};
use crate::entry::Entry;
use crate::failure::Failure;
use crate::findings::{self, Manner};
use crate::interruption::on_ctrl_c;
use crate::line;
use crate::output::Output;
use crate::sentence;
use crate::summary::{self, Summary};
use crate::undo_log::UndoLog;

/// How many markers one transaction mends, each of which waits for the disk once before the commit, if there is a log.
const LOGGED_PER_STEP: u64 = 20;

/// How long the lock is free after each step that wrote: longer than SQLite's busy timeout sleeps between two tries.
const PAUSE: Duration = Duration::from_millis(30);

pub(crate) fn run(path: &Path, arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    let repaired = Arc::new(AtomicU64::new(0));
    on_ctrl_c(farewell(Arc::clone(&repaired)));
    let database = Database::open(path, Access::Write, arguments.busy_timeout())?;
    let mut log = arguments.undo_log.as_deref().map(UndoLog::open).transpose()?;
    if let Some(warning) = log.as_ref().and_then(UndoLog::warning) {
        let _ = writeln!(Output::stderr(), "{}", sentence::on_one_line(&warning));
    }

    let started = Instant::now();
    let mut repair = Repair::new(&database.conn).map_err(|error| database.failed(error))?;
    let result = mend(&mut repair, &database, log.as_mut(), &repaired, |change| tell(out, change, arguments));
    let refusal = match result {
        Ok(()) => None,
        Err(Stop::Refused(error)) => Some(error),
        Err(Stop::Failed(failure)) => return Err(failure),
    };
    if !arguments.json_lines {
        writeln!(out, "\nLeft, and what to do:\n")?;
    }
    let audited = findings::tell(out, &database, Manner::of(arguments))?;
    let summary = Summary { audited, repair: Some(repair.report()), elapsed: started.elapsed() };
    summary::write(out, &database, &summary, arguments.json_lines)?;
    match refusal {
        Some(error) => Err(database.failed(error)),
        None => Ok(summary.ending()),
    }
}

fn tell(out: &mut impl Write, change: &Change, arguments: &Arguments) -> io::Result<()> {
    match arguments.json_lines {
        true => line::write(out, "change", &Entry::of(change)),
        false => writeln!(out, "mended: {change}"),
    }
}

/// What to say where Ctrl-C ends it.
fn farewell(repaired: Arc<AtomicU64>) -> impl Fn() -> String {
    move || {
        // The step that runs may be committed by now.
        let repaired = repaired.load(Ordering::Relaxed);
        format!(
            "interrupted; the changes committed so far stay (at least {repaired}), and the same command makes the rest"
        )
    }
}

/// Why not everything is mended.
enum Stop {
    /// All others are.
    Refused(Error),
    Failed(Failure),
}

/// Mends, and counts in `repaired` the changes that are committed, of each of which `tell` is told afterwards: others wait
/// for whatever is done before.
fn mend(
    repair: &mut Repair<'_>,
    database: &Database,
    mut log: Option<&mut UndoLog>,
    repaired: &AtomicU64,
    mut tell: impl FnMut(&Change) -> io::Result<()>,
) -> Result<(), Stop> {
    let markers = if log.is_some() { LOGGED_PER_STEP } else { Backfill::DEFAULT_OWNERS_PER_STEP };
    let interrupt = database.conn.get_interrupt_handle();
    loop {
        let (mut changes, mut failure) = (Vec::new(), None);
        let before = repair.report().repaired;
        let step = repair.step(markers, |change| {
            if let (Some(log), None) = (&mut log, &failure) {
                if let Err(error) = log.add(&change) {
                    failure = Some(log.failed(error));
                    // What can't be undone isn't to be committed.
                    interrupt.interrupt();
                }
            }
            changes.push(change);
        });
        if let Some(failure) = failure {
            return Err(Stop::Failed(failure));
        }
        let committed = repair.report().repaired - before;
        repaired.fetch_add(committed, Ordering::Relaxed);
        // A step that had to be tried again has told of its changes twice.
        let first = changes.len().saturating_sub(usize::try_from(committed).unwrap_or(usize::MAX));
        for change in &changes[first..] {
            tell(change).map_err(|error| Stop::Failed(error.into()))?;
        }
        match step {
            Ok(StepResult::More) if committed > 0 => thread::sleep(PAUSE),
            Ok(StepResult::More) => {}
            Ok(_) => return Ok(()),
            Err(error @ Error::RepairRefused { .. }) => return Err(Stop::Refused(error)),
            Err(error) => {
                let repaired = repaired.load(Ordering::Relaxed);
                return Err(Stop::Failed(database.failed_after(repaired, error)));
            }
        }
    }
}
