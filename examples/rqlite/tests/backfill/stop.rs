//! Progress, and stopping.

use std::ops::ControlFlow;

use facilitator_markers_rqlite::{Error, Progress};

use crate::engine::{Clock, Engine, Fate};
use crate::failures::owners;
use crate::host::markers;

#[test]
fn progress_is_told_after_each_page() {
    let mut told = Vec::new();
    let mut engine = Engine::new(owners(10));
    engine
        .backfill_with(&Clock::new(), 4, &mut |progress: Progress| {
            told.push((progress.visited, progress.due));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(told, [(4, 10), (8, 10), (10, 10)]);
}

#[test]
fn a_backfill_stops_between_pages_and_the_next_does_the_rest() {
    let mut engine = Engine::new(owners(10));
    let mut stop = |_| ControlFlow::Break(());
    let error = engine.backfill_with(&Clock::new(), 4, &mut stop).unwrap_err();
    assert_eq!(error.to_string(), "stopped after 4 of 10 owners; another backfill does the rest");
    assert_eq!(markers(&engine.conn).len(), 4);
    assert_eq!(engine.backfill(4).unwrap().created, 6);
}

#[test]
fn a_backfill_that_waits_for_its_engine_can_be_stopped() {
    let mut engine = Engine::with(owners(10), |_| Fate::Unsent);
    let clock = Clock::new();
    let error = engine.backfill_with(&clock, 4, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert!(matches!(error, Error::Stopped { .. }), "{error}");
    assert_eq!(clock.pauses.borrow().len(), 1);
}
