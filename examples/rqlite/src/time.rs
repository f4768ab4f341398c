//! Time, which tests let go by faster.

use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;

/// The time that goes by, and the clock.
pub trait Time {
    /// Now, to measure with.
    fn now(&self) -> Instant;

    /// Waits.
    fn wait(&self, pause: Duration);

    /// What the clock says: `YYYY-MM-DD HH:MM:SS`, UTC.
    fn clock(&self) -> String;
}

/// That of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime;

impl Time for SystemTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, pause: Duration) {
        thread::sleep(pause);
    }

    fn clock(&self) -> String {
        Utc::now().format("%Y-%m-%d %H:%M:%S").to_string()
    }
}
