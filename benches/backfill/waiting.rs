//! How long the payments of another connection wait for a backfill.

use std::thread;
use std::time::Duration;

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::measure::Durations;
use crate::neighbour::{Neighbour, Waits};
use crate::plot::SLOWEST;
use crate::size::Sizes;

/// Who runs meanwhile; `None` is nobody, for as long as the one before took: the longer payments are watched,
/// the slower the slowest.
const CONTESTANTS: [Option<Contestant>; 4] =
    [Some(Contestant::OneStatement), Some(Contestant::StepsWithoutPause), Some(Contestant::OneCall), None];

/// Rounds are few here, because each has as many payments as the backfill leaves time for.
const MOST_ROUNDS: usize = 2;

struct Lane {
    synchronous: Synchronous,
    contestant: Option<Contestant>,
    /// How long the backfill takes with such a neighbour.
    backfill: Durations,
    waits: Waits,
}

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let host = Host::of(sizes.large)?;
    let rounds = rounds.min(MOST_ROUNDS);
    let mut lanes: Vec<_> = Synchronous::BOTH
        .into_iter()
        .flat_map(|synchronous| CONTESTANTS.map(|contestant| Lane::new(synchronous, contestant)))
        .collect();
    let mut last = Duration::ZERO;
    for round in 1..=rounds {
        for lane in &mut lanes {
            let waits = lane.run(&host, last)?;
            last = Duration::from_secs_f64(lane.backfill.last().unwrap_or_default());
            let (name, mode) = (lane.name(), lane.synchronous.name());
            let slowest = Unit::Seconds.show(waits.commits.slowest());
            eprintln!(
                "round {round} of {rounds}: payments, {mode}, {name}: slowest {slowest}, busy {}",
                waits.busy
            );
            lane.waits.commits.append(waits.commits);
            lane.waits.busy += waits.busy;
        }
    }
    Ok(lanes.iter().flat_map(|lane| lane.figures(&host)).collect())
}

impl Lane {
    fn new(synchronous: Synchronous, contestant: Option<Contestant>) -> Self {
        let (backfill, waits) = Default::default();
        Lane { synchronous, contestant, backfill, waits }
    }

    fn name(&self) -> String {
        self.contestant.map_or("no backfill".into(), Contestant::name)
    }

    fn run(&mut self, host: &Host, alone: Duration) -> Result<Waits> {
        let copy = host.database.copy()?;
        let conn = copy.connect(self.synchronous)?;
        let neighbour = Neighbour::start(copy.path(), self.synchronous)?;
        match self.contestant {
            None => thread::sleep(alone),
            Some(contestant) => _ = self.backfill.measure(|| contestant.run(&conn, &host.expected))?,
        }
        let waits = neighbour.stop()?;
        if let Some(contestant) = self.contestant {
            host.expected.check(&conn, &contestant.name())?;
        }
        let settled: i64 = conn.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0))?;
        if settled != waits.commits.count() as i64 + 1 {
            return Err(format!("{}: {settled} payments in the database", self.name()).into());
        }
        Ok(waits)
    }

    fn figures(&self, host: &Host) -> Vec<Figure> {
        let scenario = format!("{}, {}", host.size.name, self.synchronous.name());
        let with_default_steps = self.contestant == Some(Contestant::OneCall);
        let figure = |suffix: &str, unit, value, at_most| {
            let what = format!("{}{suffix}", self.name());
            Figure::new(Topic::OtherWriter, &scenario, what, unit, value)
                .at_most(with_default_steps.then_some(at_most))
        };
        let Waits { commits, busy } = &self.waits;
        let mut figures = vec![
            figure(": 99th percentile", Unit::Seconds, commits.percentile(99), 0.01),
            figure(SLOWEST, Unit::Seconds, commits.slowest(), 0.06),
            figure(": SQLITE_BUSY", Unit::Count, *busy as f64, 0.0),
        ];
        if self.contestant.is_some() {
            let what = format!("{}: the backfill itself", self.name());
            figures.push(Figure::median(Topic::OtherWriter, scenario, what, &self.backfill));
        }
        figures
    }
}
