//! What an audit takes beside a backfill that has nothing to do, and a repair of all markers beside the backfill that
//! wrote them.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    audit_facilitator_markers, backfill_facilitator_markers, repair_facilitator_markers,
};

use crate::Result;
use crate::database::Synchronous;
use crate::expected::check;
use crate::figure::{Figure, Topic};
use crate::host::Host;
use crate::measure::Durations;
use crate::size::Sizes;

/// How much longer than the backfill beside it each may take.
const AT_MOST: f64 = 1.5;

#[derive(Default)]
struct Lane {
    first: Durations,
    repeat: Durations,
    right: Durations,
    wrong: Durations,
    repair: Durations,
}

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for size in [sizes.typical, sizes.large] {
        let host = Host::of(size)?;
        let mut lane = Lane::default();
        for round in 1..=rounds {
            lane.run(&host)?;
            eprintln!("round {round} of {rounds}: {}: audit and repair", size.name);
        }
        figures.extend(lane.figures(size.name));
    }
    Ok(figures)
}

impl Lane {
    fn run(&mut self, host: &Host) -> Result<()> {
        let copy = host.database.copy()?;
        let conn = copy.connect(Synchronous::Normal)?;
        self.first.measure(|| Ok(backfill_facilitator_markers(&conn)?))?;
        let markers = host.expected.markers.len() as u64;
        self.repeat.measure(|| Ok(backfill_facilitator_markers(&conn)?))?;
        let right = self.right.measure(|| findings(&conn))?;
        date_all_late(&conn)?;
        let wrong = self.wrong.measure(|| findings(&conn))?;
        let repaired = self.repair.measure(|| Ok(repair_facilitator_markers(&conn, drop)?))?.repaired;
        if (right, wrong, repaired) != (0, markers, markers) {
            return Err(format!("{right} and {wrong} findings, {repaired} repaired of {markers}").into());
        }
        check(&conn, &host.expected.markers, "repair")
    }

    fn figures(&self, scenario: &str) -> [Figure; 5] {
        let figure = |what, durations| Figure::median(Topic::Audit, scenario.to_owned(), what, durations);
        let beside = |what, durations, other, than: &Durations, target| {
            figure(what, durations).beside(other, than.median(), target)
        };
        [
            figure("backfill, first run", &self.first),
            figure("backfill, repeat", &self.repeat),
            beside("audit, all right", &self.right, "backfill, repeat", &self.repeat, Some(AT_MOST)),
            beside("audit, all dated late", &self.wrong, "backfill, repeat", &self.repeat, None),
            beside("repair of all", &self.repair, "backfill, first run", &self.first, Some(AT_MOST)),
        ]
    }
}

/// Dates every marker after its owner's enrollment date.
pub fn date_all_late(conn: &Connection) -> Result<()> {
    let dates =
        "UPDATE reward_addresses SET created_at = '9000-01-01 00:00:00' WHERE chain_type = 'facilitator'";
    conn.execute(dates, [])?;
    Ok(())
}

/// How many there are.
fn findings(conn: &Connection) -> Result<u64> {
    let mut findings = 0;
    audit_facilitator_markers(conn, |_| findings += 1)?;
    Ok(findings)
}
