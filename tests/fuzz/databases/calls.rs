//! One call, by itself.

use std::cell::Cell;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Change, Enrollment, Error, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, preview_facilitator_markers,
};
use proptest::prelude::*;

use crate::agreement::audit::{audit, check_findings, check_repaired, check_told, mended, repair, undone};
use crate::agreement::{
    Checked, argument, as_if_done, check_call, check_report, check_skipped, check_tables, now, reading_only,
};
use crate::model::{self, Database, Outcome, Row};
use crate::plan::{Id, Plan};

/// Which one.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Create(Id, String),
    Ensure(Id),
    Backfill,
    Preview,
    ListSkipped,
    Audit,
    Repair,
}

/// Makes one call and holds it against the model. Where the other connection is in its way, it leaves all as it was.
pub(super) fn check_one(plan: &Plan, conn: &Connection, other: &Option<Connection>, call: &Call) -> Checked {
    let was_in_the_way = Cell::new(false);
    let autocommit = conn.is_autocommit();
    let before = Database::read(conn)?;
    let checked = match call {
        Call::Create(id, date) => {
            let id = argument(&plan.id(id));
            check_enrollment(conn, &before, model::create(&before, &id, date), || {
                told(&was_in_the_way, other, create_facilitator_marker(conn, &id, date))
            })
        }
        Call::Ensure(id) => {
            let id = argument(&plan.id(id));
            check_enrollment(conn, &before, model::ensure(&before, &id), || {
                told(&was_in_the_way, other, ensure_facilitator_marker(conn, &id))
            })
        }
        Call::Preview => {
            let preview = || told(&was_in_the_way, other, preview_facilitator_markers(conn));
            let expected = model::backfill(&before);
            check_report(reading_only(conn, preview)?.and_then(as_if_done), &expected).and_then(|()| {
                let mut due = Vec::new();
                for_each_due_owner(conn, |owner| due.push((owner.user_id, owner.enrollment_date)))?;
                due.sort();
                let mut expected_due = expected.due;
                expected_due.sort();
                prop_assert_eq!(due, expected_due);
                Ok(())
            })
        }
        Call::ListSkipped => check_skipped(conn, &model::backfill(&before)),
        Call::Audit => {
            let told = reading_only(conn, || told(&was_in_the_way, other, audit(conn)))?;
            told.map_err(TestCaseError::from).and_then(|(told, report)| check_findings(told, report, &before))
        }
        Call::Repair => check_repair(conn, &before, || told(&was_in_the_way, other, repair(conn))),
        Call::Backfill => {
            let expected = model::backfill(&before);
            let started = now(conn)?;
            let backfill = || told(&was_in_the_way, other, backfill_facilitator_markers(conn));
            let report = if expected.due.is_empty() && expected.refused.is_empty() {
                reading_only(conn, backfill)?
            } else {
                backfill()
            };
            check_report(report, &expected)
                .and_then(|()| check_tables(conn, &before, expected.rows, &started).map(drop))
        }
    };
    prop_assert_eq!(conn.is_autocommit(), autocommit);
    if was_in_the_way.get() {
        prop_assert_eq!(Database::read(conn)?, before);
        return Ok(());
    }
    checked
}

fn check_enrollment(
    conn: &Connection,
    before: &Database,
    expected: (Outcome, Vec<Row>),
    call: impl FnOnce() -> Result<Enrollment, Error>,
) -> Checked {
    check_call(conn, before.clone(), expected, call)
}

/// Repairs, sees that a second repair finds nothing to do, and that what was told would undo the first one.
fn check_repair(
    conn: &Connection,
    before: &Database,
    call: impl Fn() -> Result<Vec<Change>, Error>,
) -> Checked {
    let started = now(conn)?;
    let changes = if model::repaired(before).is_empty() { reading_only(conn, &call)? } else { call() }?;
    let after = check_repaired(conn, before, &started)?;
    let mended = mended(before, &after);
    check_told(conn, &mended, &changes)?;
    let again = reading_only(conn, &call)??;
    prop_assert!(again.is_empty(), "a second repair changes {:?}", again);
    prop_assert_eq!(&Database::read(conn)?, &after);
    // Undone for a moment only: what stays is the repair.
    conn.execute_batch("SAVEPOINT repaired")?;
    for change in &changes {
        conn.execute_batch(&change.undo)?;
    }
    prop_assert_eq!(Database::read(conn)?, undone(&after, &mended), "{:?}", changes);
    conn.execute_batch("ROLLBACK TO repaired; RELEASE repaired")?;
    Ok(())
}

/// Notes whether the other connection kept a call from doing its work.
fn told<T>(
    was_in_the_way: &Cell<bool>,
    other: &Option<Connection>,
    answer: Result<T, Error>,
) -> Result<T, Error> {
    was_in_the_way.set(answer.as_ref().is_err_and(|error| is_in_the_way(other, error)));
    answer
}

pub(super) fn is_in_the_way(other: &Option<Connection>, error: &Error) -> bool {
    other.is_some() && error.code() & 0xff == ffi::SQLITE_BUSY
}
