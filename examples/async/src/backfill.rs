//! The backfill beside an async server: on a thread of its own, with a connection of its own.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use facilitator_markers::rusqlite::{Connection, OpenFlags};
use facilitator_markers::{Backfill, BackfillReport, StepResult};
use tokio::sync::watch;

/// How long a step waits for the lock of another connection: no longer than a server's end may take.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the lock is left alone after a step that waited for it in vain.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// How much longer others can write than they can't, because a waiting connection tries only now and then.
const PAUSE_PER_STEP: u32 = 3;

/// Where the backfill is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running {
        /// Owners still to visit, at most. `None` at the very beginning.
        remaining: Option<u64>,
    },
    /// Another connection is in the way, as this says; it is tried again.
    Waiting(String),
    /// It is finished.
    Finished(BackfillReport),
    /// The server ended it. The next start does the rest.
    Stopped,
    /// It failed, as this says. What it had written stays, and the next start does the rest.
    Failed(String),
}

impl State {
    /// Whether nothing comes after this state.
    pub fn is_last(&self) -> bool {
        !matches!(self, State::Running { .. } | State::Waiting(_))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Running { remaining: None } => write!(f, "backfill: begins"),
            State::Running { remaining: Some(remaining) } => write!(f, "backfill: {remaining} owners to go"),
            State::Waiting(error) => write!(f, "backfill waits: {error}"),
            State::Finished(report) => {
                write!(f, "backfill: {} of {} owners newly enrolled", report.created, report.owners)
            }
            State::Stopped => write!(f, "backfill: stopped, the next start does the rest"),
            State::Failed(error) => write!(f, "backfill failed: {error}"),
        }
    }
}

/// A backfill on a thread of its own. Dropping this stops it.
///
/// It has to be made on that thread: a [`Backfill`] borrows its connection, which no two threads can use at
/// once, and so it can neither be sent to another thread nor be held by a task across an `.await`.
///
/// ```compile_fail,E0277
/// # fn spawn(conn: &'static facilitator_markers::rusqlite::Connection) -> Result<(), facilitator_markers::Error> {
/// let mut backfill = facilitator_markers::Backfill::new(conn)?;
/// std::thread::spawn(move || backfill.step(500)); // `Backfill` cannot be sent between threads safely
/// # Ok(())
/// # }
/// ```
pub struct BackfillThread {
    states: watch::Receiver<State>,
    /// Nothing is ever sent: the thread stops when this is dropped.
    stop: mpsc::Sender<Infallible>,
}

impl BackfillThread {
    /// Starts it, and returns at once.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread left.
    pub fn start(database: PathBuf) -> io::Result<Self> {
        let (sender, states) = watch::channel(State::Running { remaining: None });
        let (stop, stopped) = mpsc::channel();
        thread::Builder::new().name("backfill".to_owned()).spawn(move || {
            let last = enroll_owners(&database, &stopped, &sender);
            sender.send_replace(last.unwrap_or_else(|error| State::Failed(error.to_string())));
        })?;
        Ok(BackfillThread { states, stop })
    }

    /// The states from now on.
    pub fn states(&self) -> watch::Receiver<State> {
        self.states.clone()
    }

    /// Ends the backfill after the step that it is at, and waits for that. Its connection is closed then.
    pub async fn stop(self) -> State {
        drop(self.stop);
        last(self.states).await
    }
}

/// Waits for the end of a backfill.
pub async fn last(mut states: watch::Receiver<State>) -> State {
    match states.wait_for(State::is_last).await {
        Ok(state) => state.clone(),
        Err(_) => State::Failed("its thread has panicked".to_owned()),
    }
}

fn enroll_owners(
    database: &Path,
    stopped: &mpsc::Receiver<Infallible>,
    states: &watch::Sender<State>,
) -> Result<State, Box<dyn std::error::Error>> {
    // Without the flag that creates a database: a wrong path is an error.
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    let mut backfill = Backfill::new(&conn)?;
    loop {
        let created = backfill.report().created;
        let begin = Instant::now();
        let (state, pause) = match backfill.step(Backfill::DEFAULT_OWNERS_PER_STEP) {
            Ok(StepResult::Done) => return Ok(State::Finished(backfill.report())),
            Ok(_) => {
                let has_written = backfill.report().created > created;
                let pause = if has_written { begin.elapsed() * PAUSE_PER_STEP } else { Duration::ZERO };
                (State::Running { remaining: Some(backfill.progress().remaining) }, pause)
            }
            // Nothing of the step is done, and nothing of the backfill is lost.
            Err(error) if error.is_retryable() => (State::Waiting(error.to_string()), BUSY_PAUSE),
            Err(error) => return Err(error.into()),
        };
        states.send_replace(state);
        // Pauses, and ends the pause when the server ends.
        if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return Ok(State::Stopped);
        }
    }
}
