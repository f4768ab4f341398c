//! Another connection, which settles payments while a backfill runs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use facilitator_markers::rusqlite::{self, Connection, ErrorCode, Statement};

use crate::Result;
use crate::database::{Synchronous, connect};
use crate::measure::Durations;

/// How often payments come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Payments {
    /// So often that each step of a backfill meets one.
    Often,
    /// So rarely that each finds a backfill that has seen nobody for a while.
    Rarely,
}

impl Payments {
    /// From one payment to the next.
    fn interval(self) -> Duration {
        Duration::from_millis(match self {
            Payments::Often => 5,
            Payments::Rarely => 500,
        })
    }

    pub fn name(self) -> String {
        format!("a payment every {} ms", self.interval().as_millis())
    }
}

const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that commits one settled transaction at a time, from a thread of its own.
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Waits>>,
}

/// What the payments had to wait for.
#[derive(Default)]
pub struct Waits {
    /// How long each took from its first attempt until it was committed.
    pub commits: Durations,
    /// How often an attempt ended in `SQLITE_BUSY`.
    pub busy: u64,
}

impl Neighbour {
    /// Returns when the first payment, which isn't counted, has been committed.
    pub fn start(path: &Path, synchronous: Synchronous, payments: Payments) -> Result<Self> {
        let conn = connect(path, synchronous)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (ready, is_ready) = mpsc::channel();
        let thread = thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                let mut settle = prepare(&conn)?;
                settle.execute([])?;
                ready.send(())?;
                settle_until(&stop, &mut settle, payments.interval())
            }
        });
        // If it fails, so does `stop`, with the reason.
        let _ = is_ready.recv();
        Ok(Neighbour { stop, thread })
    }

    pub fn stop(self) -> Result<Waits> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the other connection's thread panicked")?
    }
}

fn prepare(conn: &Connection) -> rusqlite::Result<Statement<'_>> {
    conn.prepare(
        "INSERT INTO transactions
             (id, facilitator_id, type, network, from_address, to_address, amount, asset, status)
         SELECT hex(randomblob(16)), id, 'settle', 'base', 'payer', 'payee', '1000000', 'USDC', 'success'
         FROM facilitators WHERE rowid = 1",
    )
}

fn settle_until(stop: &AtomicBool, settle: &mut Statement<'_>, interval: Duration) -> Result<Waits> {
    let mut waits = Waits::default();
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let Waits { commits, busy } = &mut waits;
        commits.measure(|| settle_one(settle, busy))?;
        due = Instant::now().max(due + interval);
        while !stop.load(Ordering::Relaxed) && Instant::now() < due {
            thread::sleep(due.saturating_duration_since(Instant::now()).min(Payments::Often.interval()));
        }
    }
    Ok(waits)
}

/// A payment must be settled, however often it has to be tried.
fn settle_one(settle: &mut Statement<'_>, busy: &mut u64) -> Result<()> {
    loop {
        match settle.execute([]) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => *busy += 1,
            settled => break Ok(settled.map(drop)?),
        }
    }
}
