//! The library against one search and one commit per owner, at a size where that ends.

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic};
use crate::host::Host;
use crate::race::{Lane, race};
use crate::size::Sizes;

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let host = Host::of(sizes.paired)?;
    let contestants = [Contestant::PerOwner, Contestant::OneCall, Contestant::StepsWithoutPause];
    let mut lanes = contestants.map(|contestant| Lane::new(&host, Synchronous::Normal, contestant));
    race(&mut lanes, rounds)?;

    let [per_owner, library @ ..] = &lanes;
    let figure = |lane: &Lane<'_>| {
        Figure::median(Topic::FirstRun, lane.scenario(), lane.contestant.name(), &lane.first)
    };
    let mut figures = vec![figure(per_owner)];
    figures.extend(library.iter().map(|lane| {
        figure(lane).at_most(0.5).beside(per_owner.contestant.name(), per_owner.first.median(), 0.01)
    }));
    Ok(figures)
}
