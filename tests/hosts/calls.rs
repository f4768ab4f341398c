//! One call after the other on one host.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Backfill, BackfillReport, Enrollment, Error, SkippedOwner, StepResult, backfill_facilitator_markers,
    create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner,
    preview_facilitator_markers,
};

use crate::harness::Case;
use crate::host::{Called, Host, added, check_sum};
use crate::model::{self, Database, Outcome, Row, Skipped, Value};
use crate::oracle;
use crate::trigger::Triggers;
use crate::watch::Call;

pub fn keep_their_promises(case: &mut Case) {
    let host = Host::new(case, false);
    let before = crate::contents::Contents::read(&host.conn).unwrap();
    let in_transaction = case.one_in(3);
    if in_transaction {
        let defer = if case.one_in(3) { "PRAGMA defer_foreign_keys = ON" } else { "" };
        case.tell(format!("BEGIN; {defer}"));
        host.conn.execute_batch(&format!("BEGIN; {defer}")).unwrap();
    }
    case.count(format!("hosts with triggers of kind {:?}", host.triggers), 1);
    case.count("hosts that lack something", host.schema.is_missing.into());
    let ended = calls(case, &host).is_none();
    case.count("transactions that the database ended", ended.into());
    assert_eq!(host.conn.is_autocommit(), ended || !in_transaction);
    if in_transaction {
        if !ended {
            host.conn.execute_batch("ROLLBACK").unwrap();
        }
        let after = crate::contents::Contents::read(&host.conn).unwrap();
        assert_eq!(after.since(&before, ""), Ok(0), "the host's rollback undoes all");
    }
}

/// `None` once the database has ended the host's transaction.
fn calls(case: &mut Case, host: &Host) -> Option<()> {
    for _ in 0..case.random.usize(0..4) {
        call_for_one(case, host)?;
    }
    let before = host.read();
    let expected = model::backfill(&before);
    check_skipped(host, &expected);
    let foreseen = preview(host, &expected);
    let report = backfill(case, host, &before, &expected)?;
    if let (Some(foreseen), Some(done)) = (foreseen, report) {
        case.count("markers", done.created);
        case.count("refused markers", done.refused);
        if host.triggers == Triggers::None && !host.schema.only_the_run_tells {
            assert_eq!(foreseen, done, "what the preview foresaw");
        }
    }
    if host.triggers == Triggers::Write {
        let before = host.read();
        backfill(case, host, &before, &model::backfill(&before))?;
        return Some(());
    }
    let before = host.read();
    let expected = model::backfill(&before);
    check_skipped(host, &expected);
    let again = backfill(case, host, &before, &expected)?;
    assert_eq!(again.map_or(0, |report| report.created), 0, "the second time");
    for _ in 0..case.random.usize(0..3) {
        call_for_one(case, host)?;
    }
    Some(())
}

/// `ensure` or `create`.
fn call_for_one(case: &mut Case, host: &Host) -> Option<()> {
    let argument = match host.data.id(case) {
        Value::Text(id) => String::from_utf8_lossy(&id).into_owned(),
        other => other.shown(),
    };
    let before = host.read();
    let (called, (expected, _)) = if case.random.bool() {
        case.tell(format!("ensure({argument:?})"));
        let called = host.call(Call::Ensure, |conn| ensure_facilitator_marker(conn, &argument));
        (called, model::ensure(&before, &argument))
    } else {
        let date = String::from_utf8_lossy(host.data.date(case).as_text().unwrap_or(b"now")).into_owned();
        case.tell(format!("create({argument:?}, {date:?})"));
        let create = |conn: &Connection| create_facilitator_marker(conn, &argument, &date);
        (host.call(Call::Create(date.clone()), create), model::create(&before, &argument, &date))
    };
    case.count("calls of ensure and create", 1);
    let Called { result, added: rows, has_ended } = called;
    if has_ended {
        return None;
    }
    if host.schema.is_missing || host.triggers == Triggers::Write {
        return Some(());
    }
    let new = added(&before, &host.read());
    assert_eq!(new.len(), rows);
    match (&expected, &result) {
        (Outcome::Created(row), Ok(Enrollment::Created(marker))) => {
            assert_eq!((marker.created_at.as_str(), 1), (row.created_at.shown().as_str(), new.len()));
            assert!(is_the_same(&new[0], row), "{:?} instead of {row:?}", new[0]);
        }
        (Outcome::Created(row), Err(Error::MarkerRefused { count: 1, report: None, .. })) => {
            assert_eq!(rows, 0);
            assert_is_refused(host, row);
        }
        (Outcome::MarkerRefused(_), Err(Error::MarkerRefused { count: 1, report: None, .. })) => {
            assert_eq!(rows, 0);
        }
        (Outcome::UnreadableArgument, Err(Error::UnreadableDate { .. })) => assert_eq!(rows, 0),
        (_, Ok(actual)) => assert_eq!((actual.name(), rows), (expected.name(), 0)),
        _ => panic!("{result:?} instead of {expected:?}"),
    }
    Some(())
}

/// Gives the report, if nothing is missing.
fn preview(host: &Host, expected: &model::Backfill) -> Option<BackfillReport> {
    let preview = host.reading(preview_facilitator_markers).result;
    let mut due = Vec::new();
    let listed = host
        .reading(|conn| for_each_due_owner(conn, |owner| due.push((owner.user_id, owner.enrollment_date))));
    assert_eq!(listed.result.is_ok(), preview.is_ok());
    let report = preview.ok()?.report;
    check_sum(&report);
    check_counts(&report, expected);
    assert!(report.refused >= expected.refused.len() as u64, "{report:?} instead of {expected:?}");
    due.sort();
    let mut expected_due = expected.due.clone();
    expected_due.sort();
    if report.created > 0 || !due.is_empty() {
        assert_eq!(due, expected_due);
    }
    Some(report)
}

/// A backfill in one call or in steps. `None` if the database ended the host's transaction; the report, if nothing is
/// missing.
fn backfill(
    case: &mut Case,
    host: &Host,
    before: &Database,
    expected: &model::Backfill,
) -> Option<Option<BackfillReport>> {
    let owners = case.pick(&[0, 1, 2, 5, 500]);
    let in_steps = case.random.bool();
    case.tell(if in_steps { format!("a backfill in steps of {owners}") } else { "a backfill".to_owned() });
    let called = if in_steps {
        host.call(Call::Backfill, |conn| steps(conn, owners))
    } else {
        host.call(Call::Backfill, backfill_facilitator_markers)
    };
    let Called { result, added: rows, has_ended } = called;
    if has_ended {
        return None;
    }
    let report = match result {
        Err(Error::MissingSchema { .. }) => return Some(None),
        Ok(report) => {
            assert_eq!(report.refused, 0);
            report
        }
        Err(Error::MarkerRefused { count, report: Some(report), .. }) => {
            assert_eq!(count, report.refused);
            *report
        }
        Err(error) => panic!("{error:?}"),
    };
    check_sum(&report);
    if host.triggers == Triggers::Write {
        assert!(report.created <= rows as u64, "{report:?}, and {rows} markers were to be written");
        return Some(Some(report));
    }
    check_counts(&report, expected);
    let new = added(before, &host.read());
    assert_eq!((report.created, rows), (new.len() as u64, new.len()));
    check_markers(host, before, expected, &new);
    Some(Some(report))
}

fn steps(conn: &Connection, owners: u64) -> Result<BackfillReport, Error> {
    let mut backfill = Backfill::new(conn)?;
    for _ in 0..10_000 {
        if backfill.step(owners)? == StepResult::Done {
            return Ok(backfill.report());
        }
    }
    panic!("no end after {:?}", backfill.progress());
}

/// Holds new rows against what a backfill has to write: no others, and all that the database takes.
pub fn check_markers(host: &Host, before: &Database, expected: &model::Backfill, new: &[Row]) {
    let mut right: Vec<_> = expected.rows.iter().filter(|row| !before.rows.contains(row)).collect();
    for row in new {
        let place = right.iter().position(|right| is_the_same(row, right));
        right.remove(place.unwrap_or_else(|| panic!("{row:?} is none of {right:?}")));
    }
    assert!(new.windows(2).all(|two| two[0].verified_at == two[1].verified_at), "{new:?}");
    right.into_iter().for_each(|row| assert_is_refused(host, row));
}

fn assert_is_refused(host: &Host, row: &Row) {
    // To ask would end the host's transaction, and all that is to be compared with it.
    if host.rolls_back && !host.conn.is_autocommit() {
        return;
    }
    let (user_id, date) = (row.user_id.as_text().unwrap(), row.created_at.shown());
    assert!(!oracle::takes(&host.conn, user_id, &date), "{row:?} is missing, and the database takes it");
}

/// Whether a row is what the model says, which doesn't know the clock.
pub fn is_the_same(row: &Row, right: &Row) -> bool {
    let is_a_time = row.verified_at.as_text().is_some_and(|time| {
        model::Instant::read(time).is_some_and(|instant| instant.written().as_bytes() == time)
    });
    is_a_time && Row { verified_at: right.verified_at.clone(), ..row.clone() } == *right
}

/// All counts but those of which only the database knows how they are divided.
fn check_counts(report: &BackfillReport, expected: &model::Backfill) {
    let model::Report { owners, created, already_enrolled, unreadable_date, refused, .. } = expected.report;
    let model::Report { unknown_users, ambiguous_users, unreadable_dates, .. } = expected.report;
    assert_eq!(
        (report.owners, report.already_enrolled, report.unreadable_date, report.created + report.refused),
        (owners, already_enrolled, unreadable_date, created + refused)
    );
    assert_eq!(
        (report.unknown_users, report.ambiguous_users, report.unreadable_dates),
        (unknown_users, ambiguous_users, unreadable_dates)
    );
}

/// The owners that are left out, those aside whose markers are refused.
fn check_skipped(host: &Host, expected: &model::Backfill) {
    let mut unreadable = Vec::new();
    let (mut unknown, mut ambiguous, mut refused) = (0, 0, 0);
    let listed = host.reading(|conn| {
        for_each_skipped_owner(conn, |owner| match owner {
            SkippedOwner::UnknownUser { .. } => unknown += 1,
            SkippedOwner::AmbiguousUser { .. } => ambiguous += 1,
            SkippedOwner::UnreadableDate { user_id, facilitator_count, .. } => {
                unreadable.push((user_id, facilitator_count));
            }
            _ => refused += 1,
        })
    });
    if listed.result.is_err() {
        return;
    }
    let (mut right, mut right_unknown, mut right_ambiguous) = (Vec::new(), 0, 0);
    for skipped in &expected.skipped {
        match skipped {
            Skipped::UnknownUser { .. } => right_unknown += 1,
            Skipped::AmbiguousUser { .. } => right_ambiguous += 1,
            Skipped::UnreadableDate { user_id, facilitators } => {
                right.push((user_id.clone(), facilitators.len() as u64));
            }
        }
    }
    unreadable.sort();
    right.sort();
    assert_eq!((unknown, ambiguous, unreadable), (right_unknown, right_ambiguous, right));
    assert!(refused >= expected.refused.len(), "{refused} refused instead of {:?}", expected.refused);
}
