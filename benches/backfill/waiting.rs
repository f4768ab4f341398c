//! How long the payments of another connection wait for a backfill.

use std::thread;
use std::time::Duration;

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::measure::Durations;
use crate::neighbour::{Neighbour, Payments, Waits};
use crate::plot::SLOWEST;
use crate::size::Sizes;

/// Who runs meanwhile; `None` is nobody, for as long as the one before took: the longer payments are watched,
/// the slower the slowest.
const CONTESTANTS: [Option<Contestant>; 4] =
    [Some(Contestant::OneStatement), Some(Contestant::StepsWithoutPause), Some(Contestant::OneCall), None];

/// One statement takes no notice of them: a payment that comes rarely waits as long as one that comes often.
const BESIDE_RARE_PAYMENTS: [Option<Contestant>; 2] = [Some(Contestant::OneCall), None];

/// Rounds are few here, because each has as many payments as the backfill leaves time for.
const MOST_ROUNDS: usize = 2;

struct Lane<'h> {
    host: &'h Host,
    synchronous: Synchronous,
    payments: Payments,
    contestant: Option<Contestant>,
    /// How long the backfill takes with such a neighbour.
    backfill: Durations,
    waits: Waits,
}

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let large = Host::of(sizes.large)?;
    let smaller = [sizes.typical, sizes.small, sizes.medium].map(Host::of);
    let mut lanes = Vec::new();
    for synchronous in Synchronous::BOTH {
        lanes.extend(CONTESTANTS.map(|one| Lane::new(&large, synchronous, Payments::Often, one)));
        lanes.extend(BESIDE_RARE_PAYMENTS.map(|one| Lane::new(&large, synchronous, Payments::Rarely, one)));
    }
    let smaller = smaller.into_iter().collect::<Result<Vec<_>>>()?;
    for host in &smaller {
        let some = [Contestant::OneStatement, Contestant::OneCall].map(Some);
        lanes.extend(some.map(|one| Lane::new(host, Synchronous::Normal, Payments::Often, one)));
    }
    let mut last = Duration::ZERO;
    for round in 1..=rounds.min(MOST_ROUNDS) {
        for lane in &mut lanes {
            lane.run(&mut last)?;
            // A backfill has time for few of these.
            while lane.payments == Payments::Rarely && lane.waits.commits.count() < sizes.rare_payments {
                lane.run(&mut last)?;
            }
            let (scenario, name) = (lane.scenario(), lane.name());
            let slowest = Unit::Seconds.show(lane.waits.commits.slowest());
            eprintln!("round {round}: {scenario}: {name}: slowest {slowest}, busy {}", lane.waits.busy);
        }
    }
    Ok(lanes.iter().flat_map(Lane::figures).collect())
}

impl<'h> Lane<'h> {
    fn new(
        host: &'h Host,
        synchronous: Synchronous,
        payments: Payments,
        contestant: Option<Contestant>,
    ) -> Self {
        let (backfill, waits) = Default::default();
        Lane { host, synchronous, payments, contestant, backfill, waits }
    }

    fn name(&self) -> String {
        self.contestant.map_or("no backfill".into(), Contestant::name)
    }

    fn scenario(&self) -> String {
        format!("{}, {}, {}", self.host.size.name, self.synchronous.name(), self.payments.name())
    }

    fn run(&mut self, last: &mut Duration) -> Result<()> {
        let copy = self.host.database.copy()?;
        let conn = copy.connect(self.synchronous)?;
        let neighbour = Neighbour::start(copy.path(), self.synchronous, self.payments)?;
        match self.contestant {
            None => thread::sleep(*last),
            Some(contestant) => {
                self.backfill.measure(|| contestant.run(&conn, &self.host.expected))?;
                *last = Duration::from_secs_f64(self.backfill.last().unwrap_or_default());
            }
        }
        let waits = neighbour.stop()?;
        if let Some(contestant) = self.contestant {
            self.host.expected.check(&conn, &contestant.name())?;
        }
        let settled: i64 = conn.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0))?;
        if settled != waits.commits.count() as i64 + 1 {
            return Err(format!("{}: {settled} payments in the database", self.name()).into());
        }
        self.waits.commits.append(waits.commits);
        self.waits.busy += waits.busy;
        Ok(())
    }

    fn figures(&self) -> Vec<Figure> {
        let by_the_library = self.contestant == Some(Contestant::OneCall);
        let figure = |suffix: &str, unit, value, at_most: Option<f64>| {
            let what = format!("{}{suffix}", self.name());
            Figure::new(Topic::OtherWriter, self.scenario(), what, unit, value)
                .at_most(at_most.filter(|_| by_the_library))
        };
        let Waits { commits, busy } = &self.waits;
        let (median, percentile, backfill) = match self.payments {
            Payments::Often => (None, Some(0.01), Some(30.0)),
            Payments::Rarely => (Some(0.025), None, None),
        };
        let mut figures = vec![
            figure(": median", Unit::Seconds, commits.median(), median),
            figure(": 99th percentile", Unit::Seconds, commits.percentile(99), percentile),
            figure(SLOWEST, Unit::Seconds, commits.slowest(), Some(0.06)),
            figure(": SQLITE_BUSY", Unit::Count, *busy as f64, Some(0.0)),
        ];
        if self.contestant.is_some() {
            let what = format!("{}: the backfill itself", self.name());
            let figure = Figure::median(Topic::OtherWriter, self.scenario(), what, &self.backfill);
            figures.push(figure.at_most(backfill.filter(|_| by_the_library)));
        }
        figures
    }
}
