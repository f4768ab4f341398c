//! Tries cases at their moments, for a while, and tells which broke a promise.
//!
//! `HARNESS_SECONDS` is how long all tests of this target go on together; without it each tries a fixed number
//! of cases. `HARNESS_SEED` tries the one case that a failure has printed.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// Something to try, at each of its moments. Displayed, in words.
pub trait Case: fmt::Display {
    /// Tries it, with the fault at this moment; at 0, nothing happens.
    ///
    /// # Errors
    ///
    /// The broken promise, in words.
    fn run(&self, moment: u64) -> Result<Passed, String>;
}

/// What a case came to that broke no promise.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// How many moments there were.
    pub moments: u64,
    /// Whether the fault came to pass.
    pub has_come: bool,
    /// Whether the call failed.
    pub has_failed: bool,
}

/// How many tests share the time.
const TESTS: u32 = 13;

/// How many different failures are told.
const TOLD: usize = 30;

/// A seed is the number of a case, and of a moment of it.
const MOMENT_BITS: u32 = 40;

#[derive(Default)]
struct Counts {
    cases: u64,
    faults: u64,
    failed_calls: u64,
    /// By what was broken: how often, and the first case with its seed and its details.
    broken: BTreeMap<String, (u64, u64, String)>,
}

/// Tries the cases; `short` of them where no time is given.
pub fn try_all(test: &str, cases: &[impl Case], short: u64) {
    let mut counts = Counts::default();
    if let Some(seed) = variable("HARNESS_SEED") {
        // Another test's seed is no case of this one.
        if let Some(case) = usize::try_from(seed >> MOMENT_BITS).ok().and_then(|number| cases.get(number)) {
            println!("{test}: {case}, moment {}", seed & ((1 << MOMENT_BITS) - 1));
            counts.run(case, seed);
        }
    } else {
        counts.run_all(cases, short);
    }
    println!(
        "{test}: {} cases of {} kinds tried, {} with a fault, in which {} calls failed, and {} promises were broken",
        counts.cases,
        cases.len(),
        counts.faults,
        counts.failed_calls,
        counts.broken.len()
    );
    counts.tell(test);
}

impl Counts {
    /// Goes through the cases again and again, each time at another moment of each, until all moments of all cases
    /// were tried or the time is over.
    fn run_all(&mut self, cases: &[impl Case], short: u64) {
        let deadline = variable("HARNESS_SECONDS").map(|seconds| Instant::now() + share_of(seconds));
        let is_over = |tried| match deadline {
            Some(deadline) => Instant::now() >= deadline,
            None => tried >= short,
        };
        let mut order: Vec<usize> = (0..cases.len()).collect();
        fastrand::Rng::with_seed(1).shuffle(&mut order);
        let mut moments = vec![0; cases.len()];
        for round in 0.. {
            let mut any = false;
            for &number in &order {
                if is_over(self.cases) {
                    return;
                }
                let seed = (number as u64) << MOMENT_BITS;
                if round == 0 {
                    moments[number] = self.run(&cases[number], seed).map_or(0, |passed| passed.moments);
                }
                if round < moments[number] {
                    any = true;
                    self.run(&cases[number], seed + nth_moment(round, moments[number]));
                }
            }
            if !any {
                return;
            }
        }
    }

    fn run(&mut self, case: &impl Case, seed: u64) -> Option<Passed> {
        self.cases += 1;
        let moment = seed & ((1 << MOMENT_BITS) - 1);
        let result = catch_unwind(AssertUnwindSafe(|| case.run(moment)));
        match result.unwrap_or_else(|_| Err("the harness itself panicked".to_owned())) {
            Ok(passed) => {
                self.faults += u64::from(passed.has_come);
                self.failed_calls += u64::from(passed.has_failed);
                Some(passed)
            }
            Err(broken) => {
                let kind = broken.split(": ").next().unwrap_or(&broken).to_owned();
                let words = format!("{broken}\n  {case}, moment {moment}");
                self.broken.entry(kind).or_insert((0, seed, words)).0 += 1;
                None
            }
        }
    }

    fn tell(self, test: &str) {
        let features = if cfg!(feature = "capi") { " --features capi" } else { "" };
        for (times, seed, words) in self.broken.values().take(TOLD) {
            println!("\n{times} times, first: {words}");
            println!(
                "  HARNESS_SEED={seed} cargo test{features} --test callbacks {test} -- --exact --nocapture"
            );
        }
        assert!(self.broken.is_empty(), "{} promises are broken", self.broken.len());
    }
}

/// Each of the moments once, those that follow each other far apart.
fn nth_moment(round: u64, moments: u64) -> u64 {
    let mut stride = (moments as f64 * 0.618) as u64 | 1;
    while gcd(stride, moments) != 1 {
        stride += 2;
    }
    (round + 1) * stride % moments + 1
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// The time of one test, of which as many run at once as there are processors.
fn share_of(seconds: u64) -> Duration {
    let at_once = thread::available_parallelism().map_or(1, |number| number.get() as u32);
    Duration::from_secs(seconds) * at_once.min(TESTS) / TESTS
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}
