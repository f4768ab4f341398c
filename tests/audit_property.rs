//! The audit and the repair held against a model of their promises, over random databases with wrong markers.
//! `PROPTEST_CASES` says how many databases.

mod agreement;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod plan;

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{
    Error, Marker, Repair, StepResult, audit_facilitator_markers, repair_facilitator_markers,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use agreement::{Checked, as_the_host, check_marker, check_reading, field, now, reading_only};
use model::{CLOCK_READING, Database, Finding, Instant, Mend, Row, Value};
use plan::{HostWrite, host_writes, plans_with_markers};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_audit_tells_what_the_model_tells_and_writes_nothing(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            check_audit(&conn, &before)?;
            prop_assert_eq!(Database::read(&conn)?, before);
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_does_as_the_model_does_and_a_second_one_does_nothing(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let started = now(&conn)?;
            let (rows, written) = (rowids(&conn)?, changes_so_far(&conn)?);
            let expected: Vec<_> = model::repaired(&before).iter().map(|row| field(&row.user_id)).collect();
            let changes = if expected.is_empty() { reading_only(&conn, || repair(&conn))? } else { repair(&conn) }?;
            prop_assert_eq!(changes_so_far(&conn)? - written, expected.len() as i64, "rows written");
            prop_assert_eq!(rowids(&conn)?, rows);
            let told = changes.into_iter().map(|change| change.user_id).collect();
            prop_assert_eq!(sorted(told), sorted(expected));
            let after = check_repaired(&conn, &before, &started)?;
            check_audit(&conn, &after)?;

            let changes = reading_only(&conn, || repair(&conn))??;
            prop_assert!(changes.is_empty(), "a second repair changes {:?}", changes);
            prop_assert_eq!(Database::read(&conn)?, after);
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_is_undone_by_the_statements_that_it_tells(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let changes = repair(&conn)?;
            for change in &changes {
                conn.execute_batch(&change.undo)?;
            }
            if model::repaired(&before).into_iter().all(has_a_key) {
                prop_assert_eq!(Database::read(&conn)?, before, "{:?}", changes);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_statement_that_an_audit_tells_deletes_that_row_and_no_other(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for told in audit(&conn)? {
                let Some(statement) = told.statement else { continue };
                let before = Database::read(&conn)?;
                let mut meant = before.rows.iter().filter(|row| check_marker(&told.marker, row).is_ok());
                if !meant.all(has_a_key) {
                    continue;
                }
                conn.execute_batch(&statement)?;
                let after = Database::read(&conn)?;
                let mut rows = before.rows.clone();
                let deleted = (0..rows.len()).find(|&at| after.rows.get(at) != rows.get(at));
                let Some(deleted) = deleted else {
                    return Err(TestCaseError::fail(format!("{statement} deletes nothing")));
                };
                check_marker(&told.marker, &rows.remove(deleted))?;
                prop_assert_eq!(&after, &Database { rows, ..before.clone() }, "{}", statement);

                let mut left = expected_findings(&after);
                left.push((told.marker.id, told.name, told.mend));
                prop_assert_eq!(sorted(left), expected_findings(&before));
            }
            Ok(())
        })?;
    }

    #[test]
    fn steps_of_any_size_do_as_one_repair(plan in plans_with_markers(), sizes in vec(0..5_u64, 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let started = now(&conn)?;
            let mut repair = Repair::new(&conn)?;
            for &size in sizes.iter().cycle() {
                let written = changes_so_far(&conn)?;
                let result = repair.step(size, |_| ())?;
                let newly_written = changes_so_far(&conn)? - written;
                prop_assert!(newly_written <= size.max(1) as i64, "{} rows in a step of {}", newly_written, size);
                prop_assert_eq!(conn.is_autocommit(), !plan.host.in_transaction);
                if !matches!(result, StepResult::More) {
                    break;
                }
            }
            check_repaired(&conn, &before, &started)?;
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_stopped_after_any_step_is_finished_by_the_next(plan in plans_with_markers(), steps in 0..10_usize) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let mut stopped = Repair::new(&conn)?;
            for _ in 0..steps {
                stopped.step(1, |_| ())?;
            }
            drop(stopped);
            repair(&conn)?;
            let after = Database::read(&conn)?;
            prop_assert_eq!(timeless(&after.rows, &model::repair(&before)), model::repair(&before));
            Ok(())
        })?;
    }

    /// Every change is one that a repair of the tables as they were just before the step would make, and what the
    /// steps leave out is left for the next repair.
    #[test]
    fn each_step_of_a_repair_is_right_whatever_the_host_writes_before_it(
        plan in plans_with_markers(),
        schedule in vec((option::of(host_writes()), any::<bool>(), 0..4_u64), 0..16),
    ) {
        let directory = tempfile::tempdir()?;
        let [conn, other_conn] = plan.open_twice(&directory.path().join("host.db"))?;
        if plan.host.in_transaction {
            conn.execute_batch("BEGIN")?;
        }
        let mut steps = Repair::new(&conn)?;
        let mut readings = Vec::new();
        for (write, by_other, markers) in &schedule {
            if let Some(write) = write {
                plan.write(if *by_other { &other_conn } else { &conn }, write)?;
            }
            let autocommit = conn.is_autocommit();
            let before = Database::read(&conn)?;
            let result = steps.step(*markers, |_| ());
            prop_assert_eq!(conn.is_autocommit(), autocommit);
            let after = Database::read(&conn)?;
            let right = model::repair(&before);
            prop_assert_eq!(after.rows.len(), right.len(), "{:?} {:?}", before, after);
            for ((old, new), right) in before.rows.iter().zip(timeless(&after.rows, &right)).zip(right) {
                prop_assert!(new == *old || new == right, "{:?} instead of {:?} in {:?}", new, right, before);
            }
            let both = before.rows.iter().zip(&after.rows);
            let verified = both.filter(|(old, new)| old.verified_at != new.verified_at);
            readings.extend(verified.map(|(_, new)| new.verified_at.shown()));
            match result {
                Ok(StepResult::More) => {}
                Ok(_) => break,
                Err(Error::Sqlite { code, .. }) if code & 0xff == rusqlite::ffi::SQLITE_BUSY => {
                    prop_assert_eq!(after, before);
                }
                Err(error) => return Err(error.into()),
            }
        }
        prop_assert!(readings.windows(2).all(|two| two[0] == two[1]), "{:?}", readings);

        drop(steps);
        for conn in [&other_conn, &conn] {
            plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
        }
        let before = Database::read(&conn)?;
        let started = now(&conn)?;
        repair(&conn)?;
        check_repaired(&conn, &before, &started)?;
    }
}

/// A finding as the library tells it.
struct Told {
    marker: Marker,
    name: &'static str,
    mend: Mend,
    /// What would delete the row.
    statement: Option<String>,
}

fn audit(conn: &Connection) -> Result<Vec<Told>, Error> {
    let mut told = Vec::new();
    audit_facilitator_markers(conn, |finding| {
        use facilitator_markers::Mend as Its;

        let name = finding.name();
        let (mend, statement) = match finding.mend {
            Its::Nothing => (Mend::Nothing, None),
            Its::Withheld => (Mend::Withheld, None),
            Its::Statement(statement) => (Mend::Statement, Some(statement)),
            Its::Repair { column: "created_at", value } => (Mend::CreatedAt(value), None),
            Its::Repair { column: "verification_status", value } if value == "verified" => {
                (Mend::Verified, None)
            }
            other => panic!("{name} is mended by {other:?}"),
        };
        told.push(Told { marker: finding.marker, name, mend, statement });
    })?;
    Ok(told)
}

/// A change as the library tells it.
#[derive(Debug)]
struct Changed {
    user_id: String,
    undo: String,
}

fn repair(conn: &Connection) -> Result<Vec<Changed>, Error> {
    let mut changes = Vec::new();
    repair_facilitator_markers(conn, |change| {
        changes.push(Changed { user_id: change.user_id, undo: change.undo });
    })?;
    Ok(changes)
}

/// Holds the audit against the model's, in any order. Each marker is told as it stands in the table.
fn check_audit(conn: &Connection, database: &Database) -> Checked {
    let told = reading_only(conn, || audit(conn))??;
    for Told { marker, .. } in &told {
        let is_there = database.rows.iter().any(|row| check_marker(marker, row).is_ok());
        prop_assert!(is_there, "{:?} is not in {:?}", marker, database);
    }
    let told = told.into_iter().map(|told| (told.marker.id, told.name, told.mend)).collect();
    prop_assert_eq!(sorted(told), expected_findings(database));
    Ok(())
}

/// The model's findings, as the library shows ids.
fn expected_findings(database: &Database) -> Vec<(String, &'static str, Mend)> {
    let shown = |finding: Finding| (field(&finding.id), finding.name, finding.mend);
    sorted(model::audit(database).into_iter().map(shown).collect())
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

/// Holds the tables against what the model's repair makes of them, and gives them back. All that a repair verifies has
/// one reading of the clock, and no marker is dated later than it was.
fn check_repaired(conn: &Connection, before: &Database, started: &str) -> Result<Database, TestCaseError> {
    let after = Database::read(conn)?;
    let rows = model::repair(before);
    prop_assert_eq!(timeless(&after.rows, &rows), &rows[..]);
    prop_assert_eq!(&after, &Database { rows: after.rows.clone(), ..before.clone() });
    let mut readings = Vec::new();
    for ((old, new), expected) in before.rows.iter().zip(&after.rows).zip(&rows) {
        if expected.verified_at.is_text(CLOCK_READING.as_bytes()) {
            readings.push(check_reading(conn, &new.verified_at, started)?);
        }
        let [was, is] = [old, new].map(|row| row.created_at.as_text().and_then(Instant::read));
        prop_assert!(was.is_none() || is <= was, "{:?} {:?}", old, new);
    }
    prop_assert!(readings.windows(2).all(|two| two[0] == two[1]), "{:?}", readings);
    Ok(after)
}

/// The rows, where those that are expected to have a clock reading have none that could differ.
fn timeless(rows: &[Row], expected: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for (row, expected) in rows.iter_mut().zip(expected) {
        if expected.verified_at.is_text(CLOCK_READING.as_bytes()) && row.verified_at.as_text().is_some() {
            row.verified_at = Value::text(CLOCK_READING);
        }
    }
    rows
}

/// Whether a unique constraint tells this row from all others: a NULL equals nothing.
fn has_a_key(row: &Row) -> bool {
    row.id != Value::Null || (row.user_id != Value::Null && row.address != Value::Null)
}

fn rowids(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare("SELECT rowid FROM main.reward_addresses ORDER BY rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// How many rows this connection has written so far.
fn changes_so_far(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT total_changes()", [], |row| row.get(0))
}
