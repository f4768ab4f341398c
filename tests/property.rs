//! The library held against a model of its promises, over random databases. Each test tries 256 of them, or
//! as many as the environment variable `PROPTEST_CASES` says.

mod model;
mod plan;

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{
    Backfill, BackfillReport, Enrollment, Error, Marker, Preview, Refusal, RefusedMarker, SkippedOwner,
    StepResult, Warning, backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker,
    for_each_due_owner, for_each_skipped_owner, preview_facilitator_markers,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use model::{CLOCK_READING, Database, Instant, Outcome, Refused, Report, Row, Skipped, Value};
use plan::{HostWrite, MOST_USERS, Plan, date_text, host_writes, plans, some_id};

type Checked = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ensure_does_as_the_model_does(plan in plans(), user_ids in vec(some_id(), 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for user_id in &user_ids {
                let user_id = argument(&plan.id(user_id));
                let before = Database::read(&conn)?;
                let expected = model::ensure(&before, &user_id);
                check_call(&conn, before, expected, || ensure_facilitator_marker(&conn, &user_id))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn create_does_as_the_model_does(plan in plans(), calls in vec((some_id(), date_text()), 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for (user_id, date) in &calls {
                let user_id = argument(&plan.id(user_id));
                let before = Database::read(&conn)?;
                let expected = model::create(&before, &user_id, date);
                check_call(&conn, before, expected, || create_facilitator_marker(&conn, &user_id, date))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn backfill_does_as_the_model_does_and_a_second_one_does_nothing(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let started = now(&conn)?;
            let writes = expected.report.created > 0;
            let call = || backfill_facilitator_markers(&conn);
            check_report(if writes { call() } else { reading_only(&conn, call)? }, &expected)?;
            let after = check_tables(&conn, &before, expected.rows, &started)?;

            let expected = model::backfill(&after);
            check_report(reading_only(&conn, call)?, &expected)?;
            prop_assert_eq!(Database::read(&conn)?, after);
            Ok(())
        })?;
    }

    #[test]
    fn a_preview_foresees_the_backfill_and_writes_nothing(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let preview = reading_only(&conn, || preview_facilitator_markers(&conn))?;
            check_report(preview.and_then(as_if_done), &expected)?;
            let mut due = Vec::new();
            reading_only(&conn, || for_each_due_owner(&conn, |owner| due.push((owner.user_id, owner.enrollment_date))))??;
            due.sort();
            let mut expected_due = expected.due;
            expected_due.sort();
            prop_assert_eq!(due, expected_due);
            prop_assert_eq!(Database::read(&conn)?, before);
            Ok(())
        })?;
    }

    #[test]
    fn the_same_owners_are_listed_as_skipped_before_and_after_a_backfill(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            check_skipped(&conn, &expected)?;
            prop_assert_eq!(Database::read(&conn)?, before);
            check_report(backfill_facilitator_markers(&conn), &expected)?;
            check_skipped(&conn, &expected)
        })?;
    }

    #[test]
    fn steps_of_any_size_do_as_one_backfill(plan in plans(), sizes in vec(0..5_u64, 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let started = now(&conn)?;
            let mut backfill = Backfill::new(&conn)?;
            let mut visited = 0;
            let mut sizes = sizes.iter().copied().cycle();
            let result = loop {
                let size = sizes.next().unwrap_or(1);
                let result = backfill.step(size);
                let progress = backfill.progress();
                let newly_visited = progress.owners_visited - visited;
                visited = progress.owners_visited;
                prop_assert!(newly_visited <= size.max(1), "{} owners in a step of {}", newly_visited, size);
                prop_assert_eq!(conn.is_autocommit(), !plan.host.in_transaction);
                prop_assert_eq!(progress.remaining == 0, !matches!(result, Ok(StepResult::More)));
                prop_assert_eq!(progress.report, backfill.report());
                match result {
                    Ok(StepResult::More) => {}
                    Ok(_) => break Ok(backfill.report()),
                    Err(error) => break Err(error),
                }
            };
            check_report(result, &expected)?;
            prop_assert_eq!(visited, expected.report.owners);
            check_tables(&conn, &before, expected.rows, &started)?;
            Ok(())
        })?;
    }

    #[test]
    fn a_backfill_stopped_after_any_step_is_finished_by_the_next(plan in plans(), steps in 0..10_usize) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let mut stopped = Backfill::new(&conn)?;
            for _ in 0..steps {
                if stopped.step(1).is_err() {
                    break;
                }
            }
            drop(stopped);
            let remaining = model::backfill(&Database::read(&conn)?);
            check_report(backfill_facilitator_markers(&conn), &remaining)?;
            let after = Database::read(&conn)?;
            prop_assert_eq!(timeless(&after, &before), expected.rows);
            Ok(())
        })?;
    }

    /// Every marker is one that a backfill of the tables as they were just before the step would write, and what the
    /// steps leave out is left for the next backfill.
    #[test]
    fn each_step_is_right_whatever_the_host_writes_before_it(
        plan in plans(),
        schedule in vec((option::of(host_writes()), any::<bool>(), 0..4_u64), 0..16),
    ) {
        let directory = tempfile::tempdir()?;
        let [conn, other_conn] = plan.open_twice(&directory.path().join("host.db"))?;
        if plan.host.in_transaction {
            conn.execute_batch("BEGIN")?;
        }
        let mut backfill = Backfill::new(&conn)?;
        let mut added = Vec::new();
        for (write, by_other, owners) in &schedule {
            if let Some(write) = write {
                plan.write(if *by_other { &other_conn } else { &conn }, write)?;
            }
            let autocommit = conn.is_autocommit();
            let before = Database::read(&conn)?;
            let result = backfill.step(*owners);
            prop_assert_eq!(conn.is_autocommit(), autocommit);
            let after = Database::read(&conn)?;
            prop_assert!(after.rows.starts_with(&before.rows), "a row was changed: {:?} {:?}", before, after);
            let right = model::backfill(&before).rows;
            for row in timeless(&after, &before).iter().skip(before.rows.len()) {
                prop_assert!(right.contains(row), "{:?} in {:?}", row, before);
            }
            added.extend(after.rows.into_iter().skip(before.rows.len()));
            match result {
                Ok(StepResult::More) => {}
                Ok(_) | Err(Error::MarkerRefused { .. }) => break,
                Err(Error::Sqlite { code, .. }) if code & 0xff == rusqlite::ffi::SQLITE_BUSY => {}
                Err(error) => return Err(error.into()),
            }
        }
        prop_assert_eq!(backfill.report().created, added.len() as u64);
        prop_assert!(added.windows(2).all(|two| two[0].verified_at == two[1].verified_at), "{:?}", added);

        drop(backfill);
        for conn in [&other_conn, &conn] {
            plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
        }
        let before = Database::read(&conn)?;
        let expected = model::backfill(&before);
        let started = now(&conn)?;
        check_report(backfill_facilitator_markers(&conn), &expected)?;
        check_tables(&conn, &before, expected.rows, &started)?;
    }

    #[test]
    fn ensure_for_every_user_leaves_the_markers_of_one_backfill(
        plan in plans(),
        order in Just(Vec::from_iter(0..MOST_USERS)).prop_shuffle(),
    ) {
        let (conn, other_conn) = (plan.open()?, plan.open()?);
        let before = Database::read(&conn)?;
        let users: Vec<&str> = before.user_ids().into_iter().filter_map(|id| std::str::from_utf8(id).ok()).collect();
        let certain: Vec<&str> =
            users.iter().copied().filter(|id| !before.may_own_an_ambiguous_facilitator(id.as_bytes())).collect();
        let markers = |conn: &Connection| -> Result<Vec<Row>, TestCaseError> {
            let mut rows = timeless(&Database::read(conn)?, &before);
            rows.retain(|row| certain.iter().any(|id| row.user_id.is_text(id.as_bytes())));
            rows.sort_by_key(|row| row.id.shown());
            Ok(rows)
        };

        done_or_refused(backfill_facilitator_markers(&conn))?;
        for user_id in order.iter().filter_map(|&position| users.get(position)) {
            done_or_refused(ensure_facilitator_marker(&other_conn, user_id))?;
        }
        prop_assert_eq!(markers(&other_conn)?, markers(&conn)?);
    }
}

fn done_or_refused<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Ok(_) | Err(Error::MarkerRefused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a caller passes who means this id.
fn argument(id: &Value) -> String {
    match id {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
        other => other.shown(),
    }
}

/// Makes the calls as the plan's host does: outside any transaction, or inside one of the host's, whose
/// rollback must then undo them all.
fn as_the_host(plan: &Plan, conn: &Connection, calls: impl FnOnce() -> Checked) -> Checked {
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
fn check_call(
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
fn reading_only<T>(conn: &Connection, call: impl FnOnce() -> T) -> rusqlite::Result<T> {
    conn.execute_batch("PRAGMA query_only = ON")?;
    let result = call();
    conn.execute_batch("PRAGMA query_only = OFF")?;
    Ok(result)
}

/// Holds the tables against what the model says of them, and gives them back. All rows that a call adds have
/// one reading of the clock.
fn check_tables(
    conn: &Connection,
    before: &Database,
    mut rows: Vec<Row>,
    started: &str,
) -> Result<Database, TestCaseError> {
    let after = Database::read(conn)?;
    if let Some(added) = after.rows.get(before.rows.len()) {
        let reading = added.verified_at.shown();
        prop_assert!(*started <= *reading && reading <= now(conn)?, "{:?} is no clock reading", reading);
        prop_assert_eq!(
            Instant::read(reading.as_bytes()).map(|instant| instant.written()),
            Some(reading.clone())
        );
        for row in rows.iter_mut().filter(|row| row.verified_at.is_text(CLOCK_READING.as_bytes())) {
            row.verified_at = Value::text(&reading);
        }
    }
    prop_assert_eq!(&after, &Database { rows, ..before.clone() });
    Ok(after)
}

/// The rows of `reward_addresses`, where those added since `before` have no clock reading that could differ.
fn timeless(after: &Database, before: &Database) -> Vec<Row> {
    let mut rows = after.rows.clone();
    for added in rows.iter_mut().skip(before.rows.len()) {
        added.verified_at = Value::text(CLOCK_READING);
    }
    rows
}

/// The time now, in UTC and in the host's form.
fn now(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT datetime('now')", [], |row| row.get(0))
}

/// What a backfill answers that does what a preview foresees.
fn as_if_done(preview: Preview) -> Result<BackfillReport, Error> {
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
fn check_report(actual: Result<BackfillReport, Error>, expected: &model::Backfill) -> Checked {
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
fn check_skipped(conn: &Connection, expected: &model::Backfill) -> Checked {
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
fn field(value: &Value) -> String {
    if *value == Value::Null { String::new() } else { value.shown() }
}

fn check_marker(marker: &Marker, row: &Row) -> Checked {
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
