//! How a call of many steps shares the database with those who write too.

use std::mem;
use std::time::Duration;

use super::budget::OWNERS_AT_ONCE;

/// For how long others are kept from writing in one stretch, about: as long as nobody else is seen to write, and beside
/// somebody who does.
const QUIET_STRETCH: Duration = Duration::from_millis(30);
const GENTLE_STRETCH: Duration = Duration::from_millis(7);

/// A stretch may last so long if nothing remains to be written after it, as long as it is quiet.
const LAST_STRETCH: Duration = Duration::from_millis(40);

/// After how many steps in which nobody else was seen to write it is quiet again.
const STEPS_UNTIL_QUIET: u32 = 16;

/// How many owners the first step visits, of which it isn't known yet how long it takes.
const FIRST_OWNERS: u64 = 1_000;

/// The least number of owners that a step visits, be it as slow as it may.
const LEAST_OWNERS: u64 = 100;

/// The sleeps of SQLite's busy timeout, in milliseconds: it tries at once, and again after each of them, and goes on with
/// the last one. See `sqliteDefaultBusyCallback` in SQLite's `main.c`.
const BUSY_SLEEPS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/// How much longer the lock is free than such a sleep lasts, because sleeps are never exact.
const MARGIN: Duration = Duration::from_millis(1);

/// What a step that wrote tells.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wrote {
    /// How many owners it was to visit.
    pub(crate) owners: u64,
    /// How long it only read.
    pub(crate) reading: Duration,
    /// How long it wrote, and kept others from writing.
    pub(crate) writing: Duration,
    /// How long its commit took.
    pub(crate) committing: Duration,
    /// Whether others were seen to have written since the last step, or to be writing.
    pub(crate) met_others: bool,
}

impl Wrote {
    /// The part of this duration that is so many owners'.
    fn part(&self, duration: Duration, owners: u64) -> Duration {
        let nanoseconds = duration.as_nanos() * u128::from(owners) / u128::from(self.owners.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// The pace of a call.
///
/// It writes in stretches, each followed by a window in which the lock is free, and which is longer than SQLite's busy
/// timeout sleeps between two tries after such a wait: whoever has waited gets the lock then. A stretch lasts
/// 30 ms as long as nobody else is seen to write, or 40 ms if that is all, and 7 ms from the step that sees somebody's
/// commit until 16 steps have seen none.
///
/// What keeps nobody from writing is a part of the window: what the next step will read, and the checkpoint that SQLite
/// adds to some commits. That is what a commit takes beyond [`COMMIT`] times the shortest one, owner for owner.
pub(crate) struct Pace {
    /// The shortest window beside somebody who writes; of zero, there are none.
    least_pause: Duration,
    /// How many steps have met nobody since somebody was met.
    quiet_steps: u32,
    /// How long others have been kept from writing since the last window.
    stretch: Duration,
    /// The last step, without the checkpoint in its commit.
    last: Option<Wrote>,
    /// The step whose commit was the shortest.
    shortest_commit: Option<Wrote>,
}

/// How much longer than the shortest a commit may take before the rest is held to be a checkpoint.
const COMMIT: u32 = 2;

impl Pace {
    pub(crate) fn new(least_pause: Duration) -> Self {
        let stretch = Duration::ZERO;
        Pace { least_pause, quiet_steps: STEPS_UNTIL_QUIET, stretch, last: None, shortest_commit: None }
    }

    fn is_quiet(&self) -> bool {
        self.quiet_steps >= STEPS_UNTIL_QUIET
    }

    fn longest_stretch(&self) -> Duration {
        if self.is_quiet() { QUIET_STRETCH } else { GENTLE_STRETCH }
    }

    /// How many owners the next step is to visit, if so many remain: as many as fill the stretch, or all of them.
    pub(crate) fn owners(&self, remaining: u64) -> u64 {
        if self.least_pause.is_zero() {
            return OWNERS_AT_ONCE;
        }
        let Some(last) = self.last else { return FIRST_OWNERS };
        let blocking = last.writing + last.committing;
        if self.is_quiet() && self.stretch + last.part(blocking, remaining) <= LAST_STRETCH {
            return remaining;
        }
        // Whoever is faster than the step has it read again with the lock.
        let lasted = (last.reading + blocking).as_nanos().max(1);
        let left = self.longest_stretch().saturating_sub(self.stretch).as_nanos();
        let owners = left * u128::from(last.owners) / lasted;
        u64::try_from(owners).unwrap_or(u64::MAX).clamp(LEAST_OWNERS, OWNERS_AT_ONCE)
    }

    /// The window that is due after a step that wrote, if one is.
    pub(crate) fn window_after(&mut self, mut wrote: Wrote) -> Option<Duration> {
        self.quiet_steps = if wrote.met_others { 0 } else { self.quiet_steps.saturating_add(1) };
        let checkpoint = self.checkpoint_in(&wrote);
        wrote.committing -= checkpoint;
        self.stretch += wrote.writing + wrote.committing;
        self.last = Some(wrote);
        // Otherwise there is time for another step.
        if self.least_pause.is_zero() || self.stretch < self.longest_stretch() * 3 / 4 {
            return None;
        }
        let window = window(mem::take(&mut self.stretch));
        let reading = wrote.part(wrote.reading, self.owners(u64::MAX));
        let least = if self.is_quiet() { Duration::ZERO } else { self.least_pause };
        Some(window.saturating_sub(reading + checkpoint).max(least))
    }

    /// How much of the commit is held to be a checkpoint.
    fn checkpoint_in(&mut self, wrote: &Wrote) -> Duration {
        let shortest = self.shortest_commit.get_or_insert(*wrote);
        if wrote.committing < shortest.part(shortest.committing, wrote.owners) {
            *shortest = *wrote;
        }
        wrote.committing.saturating_sub(COMMIT * shortest.part(shortest.committing, wrote.owners))
    }
}

/// How long the lock has to be free, so that everybody gets it who has waited for no longer than this.
fn window(waited: Duration) -> Duration {
    let mut begin = Duration::ZERO;
    let mut sleep = Duration::ZERO;
    for milliseconds in BUSY_SLEEPS {
        sleep = Duration::from_millis(milliseconds);
        begin += sleep;
        if begin > waited {
            break;
        }
    }
    sleep + MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A step that takes this long for each owner, beside somebody who writes or not.
    fn step(pace: &mut Pace, per_owner: Duration, met_others: bool) -> Option<Duration> {
        let owners = pace.owners(u64::MAX);
        let writing = per_owner * u32::try_from(owners).unwrap();
        pace.window_after(Wrote { owners, writing, met_others, ..Wrote::default() })
    }

    /// For how long others are kept from writing before each of the first windows.
    fn stretches(pace: &mut Pace, windows: usize, met_others: bool) -> Vec<Duration> {
        let per_owner = Duration::from_micros(10);
        let mut stretches = vec![Duration::ZERO];
        while stretches.len() <= windows {
            let owners = u32::try_from(pace.owners(u64::MAX)).unwrap();
            *stretches.last_mut().unwrap() += per_owner * owners;
            if step(pace, per_owner, met_others).is_some() {
                stretches.push(Duration::ZERO);
            }
        }
        stretches.pop();
        stretches
    }

    #[test]
    fn a_sighting_changes_the_pace_at_once_and_quiet_brings_it_back() {
        let mut pace = Pace::new(MS);
        let quiet = stretches(&mut pace, 5, false);
        assert!(quiet.iter().all(|stretch| *stretch > QUIET_STRETCH * 3 / 4 && *stretch <= QUIET_STRETCH));
        // The step in which somebody is met ends the stretch, however short it was.
        let mut begun = Pace::new(MS);
        assert_eq!(begun.window_after(Wrote { owners: 500, writing: 5 * MS, ..Wrote::default() }), None);
        let met = Wrote { owners: 500, writing: MS, met_others: true, ..Wrote::default() };
        assert_eq!(begun.window_after(met), Some(window(6 * MS)));

        let _ = step(&mut pace, Duration::from_micros(10), true);
        let gentle = stretches(&mut pace, 5, true);
        assert!(gentle.iter().all(|stretch| *stretch <= GENTLE_STRETCH), "{gentle:?}");
        let mut steps = 0;
        while !pace.is_quiet() {
            let _ = step(&mut pace, Duration::from_micros(10), false);
            steps += 1;
        }
        assert_eq!(steps, STEPS_UNTIL_QUIET);
        let again = stretches(&mut pace, 2, false);
        assert!(again[1] > QUIET_STRETCH * 3 / 4, "{again:?}");
    }

    #[test]
    fn whoever_waits_with_the_busy_timeout_gets_the_lock_in_the_window() {
        for stretch in (0..400).map(|milliseconds| milliseconds * MS) {
            // Whoever began to wait at any moment of the stretch.
            for waited in (0..=400).map(|milliseconds| milliseconds * MS).filter(|waited| *waited <= stretch)
            {
                let mut tries = BUSY_SLEEPS.iter().chain([&100; 9]).scan(Duration::ZERO, |at, sleep| {
                    *at += Duration::from_millis(*sleep);
                    Some(*at)
                });
                let next = tries.find(|at| *at > waited).unwrap();
                assert!(next - waited < window(stretch), "{stretch:?} {waited:?}");
            }
        }
    }

    #[test]
    fn nobody_waits_longer_than_the_busy_timeout_sleeps_after_a_quiet_stretch() {
        // Its tries come 3, 8, 18 and 33 ms after the first.
        assert_eq!(window(QUIET_STRETCH), 16 * MS);
        assert_eq!(window(GENTLE_STRETCH), 6 * MS);
    }

    #[test]
    fn what_fits_into_one_stretch_is_written_without_a_window() {
        let mut pace = Pace::new(MS);
        let fast = Wrote { owners: 1_000, writing: 5 * MS, ..Wrote::default() };
        assert_eq!(pace.window_after(fast), None);
        assert_eq!(pace.owners(u64::MAX), 5_000);
        assert_eq!(pace.owners(7_000), 7_000, "what ends the backfill may take a little longer");
        assert_eq!(pace.owners(7_001), 5_000);
    }

    #[test]
    fn a_pause_of_zero_is_none_and_another_is_the_least_beside_somebody_who_writes() {
        let mut without = Pace::new(Duration::ZERO);
        let slow = |met_others| Wrote { owners: 500, writing: 100 * MS, met_others, ..Wrote::default() };
        assert_eq!(without.window_after(slow(true)), None);
        assert_eq!(without.owners(u64::MAX), OWNERS_AT_ONCE);
        let mut long = Pace::new(500 * MS);
        assert_eq!(long.window_after(slow(true)), Some(500 * MS));
        let mut quiet = Pace::new(500 * MS);
        assert_eq!(quiet.window_after(slow(false)), Some(window(100 * MS)));
    }

    #[test]
    fn what_the_next_step_will_read_is_a_part_of_the_window() {
        let wrote = Wrote { owners: 1_000, reading: 5 * MS, writing: 25 * MS, ..Wrote::default() };
        assert_eq!(Pace::new(MS).window_after(wrote), Some(window(25 * MS) - 5 * MS));
        let longer = Wrote { owners: 1_000, reading: 60 * MS, writing: 30 * MS, ..Wrote::default() };
        assert_eq!(Pace::new(MS).window_after(longer), Some(Duration::ZERO));
    }

    #[test]
    fn a_checkpoint_is_a_part_of_the_window_and_not_of_the_stretch() {
        let mut pace = Pace::new(MS);
        let wrote = Wrote { owners: 1_000, writing: 5 * MS, committing: MS, ..Wrote::default() };
        assert_eq!(pace.window_after(wrote), None);
        let checkpointed = Wrote { owners: 3_000, writing: 18 * MS, committing: 10 * MS, ..wrote };
        // The commits hold the lock for 1 ms and, as far as is known, for 6 ms.
        assert_eq!(pace.window_after(checkpointed), Some(window(30 * MS) - 4 * MS));
        let shorter = Wrote { committing: MS / 2, ..wrote };
        assert_eq!(pace.window_after(shorter), None);
        // Now more of it is known to be a checkpoint.
        assert_eq!(pace.window_after(checkpointed), Some(window(26 * MS + MS / 2) - 7 * MS));
    }

    #[test]
    fn a_slow_machine_gets_small_steps_but_no_smaller_than_is_worth_a_commit() {
        let mut pace = Pace::new(MS);
        let _ = step(&mut pace, 10 * MS, false);
        assert_eq!(pace.owners(u64::MAX), LEAST_OWNERS);
    }
}
