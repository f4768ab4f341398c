//! Engines that don't answer, for a while or for good.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::sql;
use facilitator_markers_rqlite::Error;

use crate::engine::{Clock, Engine, Fate};
use crate::host::{add_owner, in_memory, markers};

/// A database with as many owners, none of whom is enrolled.
pub(crate) fn owners(count: usize) -> Connection {
    let conn = in_memory();
    for n in 0..count {
        add_owner(&conn, &format!("Owner{n:04}"), "2026-01-21 10:00:00");
    }
    conn
}

#[test]
fn a_page_whose_answer_is_lost_counts_for_what_it_wrote() {
    let mut engine = Engine::with(owners(10), |call| match call.is_write() && call.writes == 1 {
        true => Fate::AnswerLost,
        false => Fate::Answered,
    });
    let report = engine.backfill(4).unwrap();
    assert_eq!((report.created, report.already_enrolled), (10, 0));
    assert_eq!((engine.writes, markers(&engine.conn).len()), (4, 10));
}

#[test]
fn a_page_that_never_arrived_is_run_again() {
    let mut engine = Engine::with(owners(10), |call| match call.is_write() && call.writes == 1 {
        true => Fate::Unsent,
        false => Fate::Answered,
    });
    assert_eq!(engine.backfill(4).unwrap().created, 10);
    assert_eq!((engine.writes, markers(&engine.conn).len()), (4, 10));
}

#[test]
fn an_engine_can_be_gone_at_any_moment_for_any_while() {
    for (first, calls, is_lost) in
        (0..6).flat_map(|first| (1..5).flat_map(move |calls| [(first, calls, false), (first, calls, true)]))
    {
        let gone = first..first + calls;
        let mut engine = Engine::with(owners(10), |call| match (gone.contains(&call.calls), is_lost) {
            (false, _) => Fate::Answered,
            (true, false) => Fate::Unsent,
            (true, true) => Fate::AnswerLost,
        });
        let report = engine.backfill(4).unwrap();
        assert_eq!((report.owners, report.created), (10, 10), "{gone:?}, lost: {is_lost}");
        assert_eq!(markers(&engine.conn).len(), 10);
    }
}

#[test]
fn an_engine_that_is_gone_for_a_while_is_waited_for_ever_longer_up_to_two_seconds() {
    // The second page, and everything after it until its eighth try.
    let tries = Cell::new(0);
    let mut engine = Engine::with(owners(10), |call| {
        if call.is_write() && call.writes >= 1 {
            tries.set(tries.get() + 1);
        }
        match (1..8).contains(&tries.get()) {
            true => Fate::Unsent,
            false => Fate::Answered,
        }
    });
    let clock = Clock::new();
    let report = engine.backfill_with(&clock, 4, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.created, markers(&engine.conn).len()), (10, 10));
    let pauses: Vec<_> = clock.pauses.borrow().iter().map(Duration::as_millis).collect();
    assert_eq!(pauses, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
}

#[test]
fn an_engine_that_stays_away_is_given_up_after_a_minute_and_what_it_wrote_stays() {
    let mut engine = Engine::with(owners(10), |call| match call.writes >= 1 {
        true => Fate::Unsent,
        false => Fate::Answered,
    });
    let clock = Clock::new();
    let error = engine.backfill_with(&clock, 4, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, Error::Engine(_)) && error.to_string() == "connection refused", "{error}");
    let waited: Duration = clock.pauses.borrow().iter().sum();
    assert!((Duration::from_secs(60)..Duration::from_secs(62)).contains(&waited), "{waited:?}");
    assert_eq!(markers(&engine.conn).len(), 4);
}

#[test]
fn a_page_that_fails_between_two_absences_is_not_refused() {
    // The page fails, then the probe; the page fails, the probe answers; and once more.
    let calls = Cell::new(0);
    let mut engine = Engine::with(owners(2), |call| {
        if call.writes == 0 && !call.is_write() {
            return Fate::Answered;
        }
        calls.set(calls.get() + 1);
        match calls.get() {
            4 | 8 => Fate::Answered,
            1..9 => Fate::Unsent,
            _ => Fate::Answered,
        }
    });
    assert_eq!(engine.backfill(1).unwrap().created, 2);
}

#[test]
fn a_page_too_large_for_the_engine_is_halved_until_it_fits() {
    let sizes = Cell::new(0);
    let mut engine = Engine::with(owners(100), |call| {
        if !call.is_write() {
            return Fate::Answered;
        }
        let after = call.values.get(2).unwrap_or(&"~");
        let count = r#"SELECT count(*) FROM "user" WHERE id >= ?1 AND id < ?2"#;
        let owners: i64 = call.conn.query_row(count, [call.values[1], after], |row| row.get(0)).unwrap();
        match owners > 7 {
            true => Fate::Unsent,
            false => {
                sizes.set(sizes.get() + owners);
                Fate::Answered
            }
        }
    });
    let report = engine.backfill(64).unwrap();
    assert_eq!((report.created, report.refused), (100, 0));
    assert_eq!((markers(&engine.conn).len(), sizes.get()), (100, 100));
}

#[test]
fn a_list_that_the_engine_refuses_twice_is_an_error_and_nothing_is_written() {
    for question in [sql::DUE, sql::REPORT] {
        let mut engine = Engine::with(owners(2), |call| match call.sql == question {
            true => Fate::Unsent,
            false => Fate::Answered,
        });
        let error = engine.backfill(500).unwrap_err();
        assert!(matches!(error, Error::Engine(_)), "{error}");
    }
}
