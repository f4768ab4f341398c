//! How long a backfill takes: the first run and a repeat with nothing to do, its growth, and its WAL.

use crate::Result;
use crate::contestant::Contestant;
use crate::database::Synchronous;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::race::{Lane, race};
use crate::size::{Size, Sizes};

const CONTESTANTS: [Contestant; 4] =
    [Contestant::OneStatement, Contestant::OneCall, Contestant::StepsWithoutPause, Contestant::Floor];

pub fn measure(sizes: &Sizes, rounds: usize) -> Result<Vec<Figure>> {
    let typical = Host::of(sizes.typical)?;
    let large = Host::of(sizes.large)?;
    let medium = Host::of(sizes.medium)?;
    let small = Host::of(sizes.small)?;
    let mut lanes = Vec::new();
    for (host, modes) in [
        (&typical, &Synchronous::BOTH),
        (&large, &Synchronous::BOTH),
        (&medium, &Synchronous::BOTH),
        (&small, &Synchronous::BOTH),
    ] {
        for synchronous in modes {
            lanes.extend(CONTESTANTS.map(|contestant| Lane::new(host, *synchronous, contestant)));
        }
    }
    race(&mut lanes, rounds)?;

    let find = |size: Size, synchronous, contestant| {
        let same = |lane: &&Lane<'_>| {
            lane.host.size == size && lane.synchronous == synchronous && lane.contestant == contestant
        };
        lanes.iter().find(same).expect("every contestant runs at every size")
    };
    let mut figures = Vec::new();
    for lane in &lanes {
        let beside = |contestant| find(lane.host.size, lane.synchronous, contestant);
        figures.push(first_run(lane, sizes, beside));
    }
    for lane in lanes.iter().filter(|lane| lane.contestant.repeats()) {
        let one_statement = find(lane.host.size, lane.synchronous, Contestant::OneStatement);
        figures.push(repeat(lane, sizes, one_statement));
    }
    for lane in lanes.iter().filter(|lane| lane.host.size == sizes.large) {
        if lane.synchronous == Synchronous::Normal {
            figures.push(growth(lane, find(sizes.medium, lane.synchronous, lane.contestant)));
        }
    }
    figures.extend(lanes.iter().filter(|lane| lane.host.size == sizes.large).map(largest_wal));
    Ok(figures)
}

fn first_run<'l>(lane: &'l Lane<'l>, sizes: &Sizes, beside: impl Fn(Contestant) -> &'l Lane<'l>) -> Figure {
    let (size, contestant) = (lane.host.size, lane.contestant);
    let figure = Figure::median(Topic::FirstRun, lane.scenario(), contestant.name(), &lane.first);
    let compared = |figure: Figure, with: Contestant, target| {
        figure.beside(with.name(), beside(with).first.median(), target)
    };
    match contestant {
        Contestant::OneCall => {
            let targets =
                [(sizes.typical, 0.6), (sizes.small, 0.75), (sizes.medium, 1.0), (sizes.large, 0.75)];
            let target = targets.iter().find(|(of, _)| *of == size).map(|(_, target)| *target);
            let figure = figure.at_most((size == sizes.typical).then_some(0.25));
            let figure = compared(figure, Contestant::OneStatement, target);
            compared(figure, Contestant::StepsWithoutPause, Some(1.5))
        }
        Contestant::StepsWithoutPause => {
            let targets = [(sizes.typical, (0.6, None)), (sizes.large, (0.7, Some(1.3)))];
            let target = targets.iter().find(|(of, _)| *of == size).map(|(_, target)| *target);
            let figure = compared(figure, Contestant::OneStatement, target.map(|(target, _)| target));
            compared(figure, Contestant::Floor, target.and_then(|(_, target)| target))
        }
        _ => figure,
    }
}

fn repeat(lane: &Lane<'_>, sizes: &Sizes, one_statement: &Lane<'_>) -> Figure {
    let figure = Figure::median(Topic::Repeat, lane.scenario(), lane.contestant.name(), &lane.repeat);
    if !lane.contestant.is_library() {
        return figure;
    }
    let is_a_scenario = [sizes.typical, sizes.large].contains(&lane.host.size);
    figure.beside(
        one_statement.contestant.name(),
        one_statement.repeat.median(),
        is_a_scenario.then_some(0.5),
    )
}

fn growth(large: &Lane<'_>, medium: &Lane<'_>) -> Figure {
    Figure::median(Topic::Growth, large.scenario(), large.contestant.name(), &large.first).beside(
        medium.scenario(),
        medium.first.median(),
        large.contestant.is_library().then_some(12.0),
    )
}

fn largest_wal(lane: &Lane<'_>) -> Figure {
    let bytes = lane.largest_wal as f64;
    let with_default_steps = lane.contestant == Contestant::OneCall;
    Figure::new(Topic::LargestWal, lane.scenario(), lane.contestant.name(), Unit::Bytes, bytes)
        .at_most(with_default_steps.then_some(16.0 * 1024.0 * 1024.0))
}
