//! Whether a repeat with nothing to do needs the write lock: it runs while somebody else holds it.

use std::time::Duration;

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::size::Sizes;

pub fn measure(sizes: &Sizes) -> Result<Vec<Figure>> {
    let host = Host::of(sizes.typical)?;
    let contestants = [Contestant::OneStatement, Contestant::OneCall, Contestant::StepsWithoutPause];
    contestants.map(|contestant| measure_one(&host, contestant)).into_iter().collect()
}

fn measure_one(host: &Host, contestant: Contestant) -> Result<Figure> {
    let copy = host.database.copy()?;
    let conn = copy.connect(Synchronous::Normal)?;
    contestant.run(&conn, &host.expected)?;
    conn.busy_timeout(Duration::ZERO)?;
    let other = copy.connect(Synchronous::Normal)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let is_refused = contestant.run(&conn, &host.expected).is_err();
    let figure = Figure::new(
        Topic::WriteLock,
        format!("{}, repeat", host.size.name),
        contestant.name(),
        Unit::Count,
        f64::from(u8::from(is_refused)),
    );
    Ok(if contestant.is_library() { figure.at_most(0.0) } else { figure })
}
