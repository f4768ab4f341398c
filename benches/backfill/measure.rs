//! Durations, measured again and again.

use std::time::{Duration, Instant};

use crate::Result;

/// How long something took, each time that it was done.
#[derive(Clone, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// Does it once more.
    pub fn measure<T>(&mut self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = work()?;
        self.0.push(start.elapsed());
        Ok(result)
    }

    pub fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    pub fn append(&mut self, mut others: Durations) {
        self.0.append(&mut others.0);
    }

    pub fn seconds(&self) -> Vec<f64> {
        self.0.iter().map(Duration::as_secs_f64).collect()
    }

    /// In seconds.
    pub fn last(&self) -> Option<f64> {
        self.0.last().map(Duration::as_secs_f64)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    pub fn slowest(&self) -> f64 {
        self.percentile(100)
    }

    /// In seconds: this many of a hundred took no longer.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.seconds();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}
