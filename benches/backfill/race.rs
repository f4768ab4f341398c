//! Contestants side by side: each in turn on a copy of the same file, round after round, so that whatever
//! else the machine does hits all of them alike.

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::Unit;
use crate::host::Host;
use crate::measure::Durations;

/// One contestant under one set of conditions.
pub struct Lane<'h> {
    pub host: &'h Host,
    pub synchronous: Synchronous,
    pub contestant: Contestant,
    /// The run that finds nobody enrolled.
    pub first: Durations,
    /// The run after that, with nothing to do.
    pub repeat: Durations,
    pub largest_wal: u64,
}

impl<'h> Lane<'h> {
    pub fn new(host: &'h Host, synchronous: Synchronous, contestant: Contestant) -> Self {
        let (first, repeat) = Default::default();
        Lane { host, synchronous, contestant, first, repeat, largest_wal: 0 }
    }

    pub fn scenario(&self) -> String {
        format!("{}, {}", self.host.size.name, self.synchronous.name())
    }

    fn run(&mut self) -> Result<()> {
        let Lane { host, contestant, .. } = *self;
        let expected = &host.expected;
        let copy = host.database.copy()?;
        // A server start each: a connection that has nothing in its cache.
        let conn = copy.connect(self.synchronous)?;
        let created = self.first.measure(|| contestant.run(&conn, expected))?;
        self.largest_wal = self.largest_wal.max(copy.wal_bytes()?);
        check_count(contestant, created, expected.markers.len() as u64)?;
        drop(conn);
        if contestant.repeats() {
            let conn = copy.connect(self.synchronous)?;
            let created = self.repeat.measure(|| contestant.run(&conn, expected))?;
            check_count(contestant, created, 0)?;
        }
        expected.check(&copy.connect(self.synchronous)?, &contestant.name())
    }
}

fn check_count(contestant: Contestant, created: u64, expected: u64) -> Result<()> {
    if created == expected {
        return Ok(());
    }
    Err(format!("{}: {created} markers instead of {expected}", contestant.name()).into())
}

pub fn race(lanes: &mut [Lane<'_>], rounds: usize) -> Result<()> {
    for round in 1..=rounds {
        for lane in &mut *lanes {
            lane.run()?;
            let (scenario, name) = (lane.scenario(), lane.contestant.name());
            let times = [&lane.first, &lane.repeat].map(Durations::last).into_iter().flatten();
            let times: Vec<_> = times.map(|seconds| Unit::Seconds.show(seconds)).collect();
            eprintln!("round {round} of {rounds}: {scenario}: {name}: {}", times.join(", again "));
        }
    }
    Ok(())
}
