//! What harnesses share: how many cases are tried, and how one of them is tried again.
//!
//! Without being told anything, a harness tries the same few cases each time. `HARNESS_SECONDS=N` has it try new ones
//! for so long, and `HARNESS_SEED=S` the one case of that seed.

use std::any::Any;
use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// One case, which is the same whenever it has the same seed.
pub struct Case {
    pub random: fastrand::Rng,
    pub seed: u64,
    words: Vec<String>,
    counts: BTreeMap<String, u64>,
}

impl Case {
    /// Says what the case is, for a person who has to understand its failure.
    pub fn tell(&mut self, words: impl Into<String>) {
        self.words.push(words.into());
    }

    /// Adds to what the harness counts.
    pub fn count(&mut self, what: impl Into<String>, number: u64) {
        *self.counts.entry(what.into()).or_default() += number;
    }

    /// Whether it is one of so many.
    pub fn one_in(&mut self, many: u32) -> bool {
        self.random.u32(0..many) == 0
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.random.usize(0..choices.len())].clone()
    }
}

/// Tries cases until one fails, which is then told with the command that tries it again.
pub fn run(usual_cases: u64, mut case: impl FnMut(&mut Case)) {
    let number = |name| env::var(name).ok().map(|value| value.parse::<u64>().expect(name));
    let only = number("HARNESS_SEED");
    let time = number("HARNESS_SECONDS").map(Duration::from_secs);
    let first = match (only, time) {
        (Some(seed), _) => seed,
        (None, Some(_)) => fastrand::u64(..u64::MAX / 2),
        (None, None) => 1,
    };
    let started = Instant::now();
    let is_enough = |tried| match (only, time) {
        (Some(_), _) => tried == 1,
        (None, Some(time)) => started.elapsed() >= time,
        (None, None) => tried == usual_cases,
    };
    let mut counts = BTreeMap::new();
    let mut tried = 0;
    while !is_enough(tried) {
        let seed = first + tried;
        let random = fastrand::Rng::with_seed(seed);
        let mut this = Case { random, seed, words: Vec::new(), counts: BTreeMap::new() };
        // What a case leaves behind when it fails is only told.
        let result = catch_unwind(AssertUnwindSafe(|| case(&mut this)));
        tried += 1;
        if let Err(panic) = result {
            tell_failure(&this, tried, panic);
        } else if only.is_some() {
            println!("{}", this.words.join("\n"));
        }
        for (what, number) in this.counts {
            *counts.entry(what).or_insert(0) += number;
        }
    }
    let counted: Vec<_> = counts.iter().map(|(what, number)| format!("{number} {what}")).collect();
    let seconds = started.elapsed().as_secs_f64();
    println!("{}: {tried} cases in {seconds:.1} s, {}", test(), counted.join(", "));
}

fn tell_failure(case: &Case, tried: u64, panic: Box<dyn Any + Send>) -> ! {
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    eprintln!("\n{}", case.words.join("\n"));
    eprintln!(
        "case {tried} failed; again:\nHARNESS_SEED={} cargo test{profile} --test {} {} -- --exact --nocapture\n",
        case.seed,
        env!("CARGO_CRATE_NAME"),
        test(),
    );
    resume_unwind(panic)
}

/// The name of the test that runs.
fn test() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}
