//! The library's answers, and what it leaves in the tables, held against the model's.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod audit;

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{
    BackfillReport, Enrollment, Error, Marker, Preview, Refusal, RefusedMarker, SkippedOwner, Warning,
    for_each_skipped_owner,
};
use proptest::prelude::*;

use crate::model::{self, CLOCK_READING, Database, Instant, Outcome, Refused, Report, Row, Skipped, Value};
use crate::plan::Plan;

pub type Checked = Result<(), TestCaseError>;

/// What a caller passes who means this id.
pub fn argument(id: &Value) -> String {
    match id {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
        other => other.shown(),
    }
}

/// Makes the calls as the plan's host does: outside any transaction, or inside one of the host's, whose
/// rollback must then undo them all.
pub fn as_the_host(plan: &Plan, conn: &Connection, calls: impl FnOnce() -> Checked) -> Checked {
    if !plan.host.in_transaction {
        calls()?;
        prop_assert!(conn.is_autocommit(), "a transaction is left open");
        return Ok(());
    }
    let before = Database::read(conn)?;
    conn.execute_batch("BEGIN")?;
    calls()?;
    prop_assert!(!conn.is_autocommit(), "the host's transaction is gone");
    conn.execute_batch("ROLLBACK")?;
    prop_assert_eq!(Database::read(conn)?, before, "the host's rollback");
    Ok(())
}

/// Makes one call of `create` or `ensure` and holds its outcome and the tables against the model's.
pub fn check_call(
    conn: &Connection,
    before: Database,
    (expected, rows): (Outcome, Vec<Row>),
    call: impl FnOnce() -> Result<Enrollment, Error>,
) -> Checked {
    let autocommit = conn.is_autocommit();
    let started = now(conn)?;
    let writes = matches!(expected, Outcome::Created(_) | Outcome::MarkerRefused(_));
    let actual = if writes { call() } else { reading_only(conn, call)? };
    prop_assert_eq!(conn.is_autocommit(), autocommit);
    let after = check_tables(conn, &before, rows, &started)?;
    match (&expected, &actual) {
        (Outcome::Created(_), Ok(Enrollment::Created(marker))) => {
            check_marker(marker, after.rows.last().expect("the row just written"))
        }
        (Outcome::AlreadyEnrolled(row), Ok(Enrollment::AlreadyEnrolled(marker))) => check_marker(marker, row),
        (Outcome::MarkerRefused(refused), Err(Error::MarkerRefused { count: 1, first, report: None })) => {
            check_refused(first, refused)
        }
        (Outcome::UnreadableArgument, Err(Error::UnreadableDate { .. })) => Ok(()),
        (_, Ok(actual)) => {
            prop_assert_eq!(actual.name(), expected.name());
            Ok(())
        }
        _ => Err(TestCaseError::fail(format!("{actual:?} instead of {expected:?}"))),
    }
}

/// Makes a call that must not write, nor get ready to: SQLite refuses it a write transaction meanwhile.
pub fn reading_only<T>(conn: &Connection, call: impl FnOnce() -> T) -> rusqlite::Result<T> {
    conn.execute_batch("PRAGMA query_only = ON")?;
    let result = call();
    conn.execute_batch("PRAGMA query_only = OFF")?;
    Ok(result)
}

/// Holds the tables against what the model says of them, and gives them back. All rows that a call adds have
/// one reading of the clock.
pub fn check_tables(
    conn: &Connection,
    before: &Database,
    mut rows: Vec<Row>,
    started: &str,
) -> Result<Database, TestCaseError> {
    let after = Database::read(conn)?;
    if let Some(added) = after.rows.get(before.rows.len()) {
        let reading = check_reading(conn, &added.verified_at, started)?;
        for row in rows.iter_mut().filter(|row| row.verified_at.is_text(CLOCK_READING.as_bytes())) {
            row.verified_at = Value::text(&reading);
        }
    }
    prop_assert_eq!(&after, &Database { rows, ..before.clone() });
    Ok(after)
}

/// Holds a reading of the clock against the time now and the time when a call began, and gives it back.
pub fn check_reading(conn: &Connection, reading: &Value, started: &str) -> Result<String, TestCaseError> {
    let reading = reading.shown();
    prop_assert!(*started <= *reading && reading <= now(conn)?, "{:?} is no clock reading", reading);
    prop_assert_eq!(
        Instant::read(reading.as_bytes()).map(|instant| instant.written()),
        Some(reading.clone())
    );
    Ok(reading)
}

/// The rows of `reward_addresses`, where those added since `before` have no clock reading that could differ.
pub fn timeless(after: &Database, before: &Database) -> Vec<Row> {
    let mut rows = after.rows.clone();
    for added in rows.iter_mut().skip(before.rows.len()) {
        added.verified_at = Value::text(CLOCK_READING);
    }
    rows
}

/// The time now, in UTC and in the host's form.
pub fn now(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT datetime('now')", [], |row| row.get(0))
}

/// What a backfill answers that does what a preview foresees.
pub fn as_if_done(preview: Preview) -> Result<BackfillReport, Error> {
    let report = preview.report;
    match preview.warnings.into_iter().next() {
        None => Ok(report),
        Some(Warning::Refused { count, first }) => {
            Err(Error::MarkerRefused { count, first, report: Some(Box::new(report)) })
        }
        Some(other) => panic!("{other}"),
    }
}

/// Holds a report, or the error in its place, against the model's.
pub fn check_report(actual: Result<BackfillReport, Error>, expected: &model::Backfill) -> Checked {
    let report = match (actual, &expected.refused[..]) {
        (Ok(report), []) => report,
        (Err(Error::MarkerRefused { count, first, report: Some(report) }), [first_expected, ..]) => {
            prop_assert_eq!(count, expected.refused.len() as u64);
            check_refused(&first, first_expected)?;
            *report
        }
        (actual, _) => return Err(TestCaseError::fail(format!("{actual:?} instead of {expected:?}"))),
    };
    let BackfillReport {
        owners,
        created,
        already_enrolled,
        unreadable_date,
        refused,
        unknown_users,
        ambiguous_users,
        unreadable_dates,
        ..
    } = report;
    let counts = Report {
        owners,
        created,
        already_enrolled,
        unreadable_date,
        refused,
        unknown_users,
        ambiguous_users,
        unreadable_dates,
    };
    prop_assert_eq!(counts, expected.report);
    prop_assert_eq!(owners, created + already_enrolled + unreadable_date + refused);
    Ok(())
}

/// Holds the list of skipped owners against the model's, in any order.
pub fn check_skipped(conn: &Connection, expected: &model::Backfill) -> Checked {
    let mut skipped = Vec::new();
    let mut refused = Vec::new();
    let mut others = Vec::new();
    reading_only(conn, || {
        for_each_skipped_owner(conn, |owner| match owner {
            SkippedOwner::UnknownUser { owner_address } => {
                skipped.push(Skipped::UnknownUser { owner_address })
            }
            SkippedOwner::AmbiguousUser { owner_address, candidates, candidate_count } => {
                assert_eq!(candidates.len() as u64, candidate_count);
                let candidates = candidates.into_iter().map(|one| (one.user_id, one.is_enrolled)).collect();
                skipped.push(Skipped::AmbiguousUser { owner_address, candidates });
            }
            SkippedOwner::UnreadableDate { user_id, facilitators, facilitator_count } => {
                assert_eq!(facilitators.len() as u64, facilitator_count);
                let mut facilitators: Vec<_> = facilitators
                    .into_iter()
                    .map(|its| (its.id.unwrap_or_default(), its.created_at))
                    .collect();
                facilitators.sort();
                skipped.push(Skipped::UnreadableDate { user_id, facilitators });
            }
            SkippedOwner::MarkerRefused(marker) => refused.push(marker),
            other => others.push(other),
        })
    })??;
    let mut expected_skipped = expected.skipped.clone();
    expected_skipped.sort();
    skipped.sort();
    prop_assert_eq!(skipped, expected_skipped);
    refused.sort_by(|one, other| one.user_id.cmp(&other.user_id));
    let mut expected_refused: Vec<_> = expected.refused.iter().collect();
    expected_refused.sort_by_key(|refused| refused.user_id.shown());
    prop_assert_eq!(refused.len(), expected_refused.len());
    for (actual, expected) in refused.iter().zip(expected_refused) {
        check_refused(actual, expected)?;
    }
    prop_assert!(others.is_empty(), "{:?}", others);
    Ok(())
}

/// A column's value in one of the library's structs, where a NULL is empty.
pub fn field(value: &Value) -> String {
    if *value == Value::Null { String::new() } else { value.shown() }
}

pub fn check_marker(marker: &Marker, row: &Row) -> Checked {
    prop_assert_eq!(&marker.id, &field(&row.id));
    prop_assert_eq!(&marker.user_id, &field(&row.user_id));
    prop_assert_eq!(&marker.chain_type, &field(&row.chain_type));
    prop_assert_eq!(&marker.address, &field(&row.address));
    prop_assert_eq!(&marker.verification_status, &field(&row.verification_status));
    prop_assert_eq!(marker.verified_at.is_none(), row.verified_at == Value::Null);
    prop_assert_eq!(marker.verified_at.clone().unwrap_or_default(), field(&row.verified_at));
    prop_assert_eq!(&marker.created_at, &field(&row.created_at));
    Ok(())
}

fn check_refused(actual: &RefusedMarker, expected: &Refused) -> Checked {
    prop_assert_eq!(&actual.user_id, &expected.user_id.shown());
    let is_there = match &actual.refusal {
        Refusal::IdTaken { user_id, chain_type } => {
            let named = |row: &Row| field(&row.user_id) == *user_id && field(&row.chain_type) == *chain_type;
            expected.same_id.iter().any(named)
        }
        Refusal::AddressTaken { id, chain_type } => {
            let named = |row: &Row| field(&row.id) == *id && field(&row.chain_type) == *chain_type;
            expected.same_address.iter().any(named)
        }
        _ => false,
    };
    prop_assert!(is_there, "{:?} is not among {:?}", actual, expected);
    Ok(())
}
