//! How soon a call answers an interrupt, which comes at a random moment from another thread.

use std::thread;
use std::time::{Duration, Instant};

use facilitator_markers::backfill_facilitator_markers;
use facilitator_markers::rusqlite::ffi;

use crate::Result;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::measure::Durations;
use crate::size::Sizes;

/// How often a call is interrupted in one round.
const INTERRUPTS: usize = 20;

/// The latest moment of an interrupt: tables are read by then, and markers are being written.
const LATEST: Duration = Duration::from_secs(1);

const UNDO: &str = "DELETE FROM reward_addresses WHERE chain_type = 'facilitator'";

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let host = Host::of(sizes.large)?;
    let mut figures = Vec::new();
    for (name, begin) in [("one call", ""), ("one call in the host's transaction", "BEGIN")] {
        let delays = measure_one(&host, begin, rounds * INTERRUPTS)?;
        eprintln!("interrupt: {name}: {}", Unit::Seconds.show(delays.median()));
        let scenario = format!("{}, {} interrupts", host.size.name, rounds * INTERRUPTS);
        figures.push(Figure::median(Topic::Interrupt, scenario.as_str(), format!("{name}, median"), &delays));
        let longest = delays.slowest();
        figures.push(Figure::new(
            Topic::Interrupt,
            scenario,
            format!("{name}, longest"),
            Unit::Seconds,
            longest,
        ));
    }
    Ok(figures)
}

fn measure_one(host: &Host, begin: &str, interrupts: usize) -> Result<Durations> {
    let copy = host.database.copy()?;
    let conn = copy.connect(Synchronous::Normal)?;
    let mut call = Durations::default();
    call.measure(|| Ok(backfill_facilitator_markers(&conn)?))?;
    let latest = LATEST.min(Duration::from_secs_f64(call.median())).as_micros() as u64;
    conn.execute_batch(UNDO)?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut delays = Durations::default();
    while delays.count() < interrupts {
        conn.execute_batch(begin)?;
        let handle = conn.get_interrupt_handle();
        let wait = Duration::from_micros(random.u64(0..=latest));
        let (result, interrupted_at, answered_at) = thread::scope(|scope| {
            let interrupting = scope.spawn(move || {
                thread::sleep(wait);
                let at = Instant::now();
                handle.interrupt();
                at
            });
            let result = backfill_facilitator_markers(&conn);
            let answered_at = Instant::now();
            (result, interrupting.join(), answered_at)
        });
        match result {
            Err(error) if error.code() == ffi::SQLITE_INTERRUPT => {
                let interrupted_at = interrupted_at.map_err(|_| "the interrupting thread panicked")?;
                delays.add(answered_at.duration_since(interrupted_at));
            }
            // It came before the call or after it.
            result => drop(result?),
        }
        if !conn.is_autocommit() {
            conn.execute_batch("ROLLBACK")?;
        }
        conn.execute_batch(UNDO)?;
    }
    Ok(delays)
}
