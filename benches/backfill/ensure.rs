//! What one call of `ensure_facilitator_marker` takes, beside one bare insert of a marker.

use std::collections::HashSet;

use facilitator_markers::ensure_facilitator_marker;
use facilitator_markers::rusqlite::Connection;

use crate::Result;
use crate::database::Synchronous;
use crate::expected::check;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::measure::Durations;
use crate::size::Sizes;
use crate::table::thousands;

/// Of each kind, on each copy.
const CALLS: usize = 200;

struct Lane<'h> {
    host: &'h Host,
    synchronous: Synchronous,
    insert: Durations,
    new: Durations,
    already_enrolled: Durations,
    not_an_owner: Durations,
}

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let (few, many) = (Host::of(sizes.tiny)?, Host::of(sizes.large)?);
    let mut figures = Vec::new();
    for synchronous in Synchronous::BOTH {
        let (mut few, mut many) = (Lane::new(&few, synchronous), Lane::new(&many, synchronous));
        for round in 1..=rounds {
            for lane in [&mut few, &mut many] {
                lane.run()?;
                let new = Unit::Seconds.show(lane.new.median());
                eprintln!("round {round} of {rounds}: ensure, {}: {new}", lane.scenario());
            }
        }
        figures.extend(few.figures(None));
        figures.extend(many.figures(Some(&few)));
    }
    Ok(figures)
}

impl<'h> Lane<'h> {
    fn new(host: &'h Host, synchronous: Synchronous) -> Self {
        let (insert, new, already_enrolled, not_an_owner) = Default::default();
        Lane { host, synchronous, insert, new, already_enrolled, not_an_owner }
    }

    fn scenario(&self) -> String {
        format!("{} users, {}", thousands(self.host.size.users), self.synchronous.name())
    }

    /// One of each in turn, all in autocommit mode.
    fn run(&mut self) -> Result<()> {
        let copy = self.host.database.copy()?;
        let conn = copy.connect(self.synchronous)?;
        let mut owners: Vec<_> = self.host.expected.markers.iter().collect();
        fastrand::Rng::with_seed(7).shuffle(&mut owners);
        let strangers = users_without_facilitators(&conn, self.host)?;
        let mut insert = conn.prepare(
            "INSERT INTO reward_addresses
                 (id, user_id, chain_type, address, verification_status, verified_at, created_at)
             VALUES ('FACILITATOR_OWNER:' || ?1, ?1, 'facilitator', 'FACILITATOR_OWNER:' || ?1,
                     'verified', '2026-01-01 00:00:00', ?2)",
        )?;
        for (pair, stranger) in owners.chunks_exact(2).zip(&strangers).take(CALLS) {
            let (by_hand, owner) = (pair[0], pair[1]);
            self.insert.measure(|| Ok(insert.execute([&by_hand.user_id, &by_hand.created_at])?))?;
            self.new.measure(|| ensure(&conn, &owner.user_id, "created"))?;
            self.already_enrolled.measure(|| ensure(&conn, &owner.user_id, "already_enrolled"))?;
            self.not_an_owner.measure(|| ensure(&conn, stranger, "not_an_owner"))?;
        }
        drop(insert);
        owners.truncate(2 * CALLS);
        owners.sort_by_key(|marker| &marker.user_id);
        check(&conn, owners, "ensure")
    }

    fn figures(&self, fewer: Option<&Lane<'_>>) -> [Figure; 4] {
        let figure = |what, durations| Figure::median(Topic::Ensure, self.scenario(), what, durations);
        let insert = self.insert.median();
        let at_most = match self.synchronous {
            Synchronous::Normal => 1.6,
            Synchronous::Full => 1.5,
        };
        let new = figure("created", &self.new).beside("bare insert", insert, at_most);
        [
            figure("bare insert", &self.insert),
            match fewer {
                Some(fewer) => new.beside(fewer.scenario(), fewer.new.median(), 1.5),
                None => new,
            },
            figure("already enrolled", &self.already_enrolled).beside("bare insert", insert, None),
            figure("not an owner", &self.not_an_owner).beside("bare insert", insert, None),
        ]
    }
}

fn ensure(conn: &Connection, user_id: &str, expected: &str) -> Result<()> {
    let enrollment = ensure_facilitator_marker(conn, user_id)?;
    if enrollment.name() == expected {
        return Ok(());
    }
    Err(format!("ensure: {enrollment:?} instead of {expected}").into())
}

fn users_without_facilitators(conn: &Connection, host: &Host) -> Result<Vec<String>> {
    let owners: HashSet<_> = host.expected.markers.iter().map(|marker| &marker.user_id).collect();
    let mut users = conn.prepare("SELECT id FROM \"user\" ORDER BY rowid")?;
    let ids = users.query_map([], |row| row.get(0))?;
    let ids = ids.filter(|id| !id.as_ref().is_ok_and(|id| owners.contains(id)));
    Ok(ids.take(CALLS).collect::<Result<_, _>>()?)
}
