//! What an audit tells, and what a repair tells and leaves in the tables, held against the model's.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    AuditReport, Change, Error, Marker, audit_facilitator_markers, repair_facilitator_markers,
};
use proptest::prelude::*;

use super::{Checked, check_marker, check_reading, field, reading_only};
use crate::model::{self, CLOCK_READING, Database, Finding, Instant, Mend, Row, Value};

/// A finding as the library tells it.
#[derive(Debug)]
pub struct Told {
    pub marker: Marker,
    pub name: &'static str,
    pub mend: Mend,
    /// What would delete the row.
    pub statement: Option<String>,
}

/// A row as it was before a repair, and as it was after it.
pub type Mended = [Row; 2];

pub fn audit(conn: &Connection) -> Result<(Vec<Told>, AuditReport), Error> {
    let mut told = Vec::new();
    let report = audit_facilitator_markers(conn, |finding| {
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
    Ok((told, report))
}

pub fn repair(conn: &Connection) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    let report = repair_facilitator_markers(conn, |change| changes.push(change))?;
    assert_eq!((report.repaired, report.refused), (changes.len() as u64, 0));
    Ok(changes)
}

pub fn check_audit(conn: &Connection, database: &Database) -> Checked {
    let (told, report) = reading_only(conn, || audit(conn))??;
    check_findings(told, report, database)
}

/// Holds an audit against the model's, in any order. Each marker is told as it stands in the table.
pub fn check_findings(told: Vec<Told>, report: AuditReport, database: &Database) -> Checked {
    for Told { marker, .. } in &told {
        let is_there = database.rows.iter().any(|row| check_marker(marker, row).is_ok());
        prop_assert!(is_there, "{:?} is not in {:?}", marker, database);
    }
    let counts = [
        ("dated_late", report.dated_late),
        ("date_form", report.date_form),
        ("not_verified", report.not_verified),
        ("duplicate", report.duplicate),
        ("orphan", report.orphan),
        ("not_an_owner", report.not_an_owner),
        ("dated_early", report.dated_early),
    ];
    for (name, count) in counts {
        prop_assert_eq!(count, told.iter().filter(|told| told.name == name).count() as u64, "{}", name);
    }
    let markers = database.rows.iter().filter(|row| row.chain_type.is_text(b"facilitator"));
    prop_assert_eq!(report.markers, markers.count() as u64);
    let told = told.into_iter().map(|told| (told.marker.id, told.name, told.mend)).collect();
    prop_assert_eq!(sorted(told), expected_findings(database));
    Ok(())
}

/// The model's findings, as the library shows ids.
pub fn expected_findings(database: &Database) -> Vec<(String, &'static str, Mend)> {
    let shown = |finding: Finding| (field(&finding.id), finding.name, finding.mend);
    sorted(model::audit(database).into_iter().map(shown).collect())
}

pub fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

/// Holds the tables against what the model's repair makes of them, and gives them back. All that a repair verifies has
/// one reading of the clock, and no marker is dated later than it was.
pub fn check_repaired(
    conn: &Connection,
    before: &Database,
    started: &str,
) -> Result<Database, TestCaseError> {
    let after = Database::read(conn)?;
    let rows = model::repair(before);
    prop_assert_eq!(timeless(&after.rows, &rows), &rows[..]);
    prop_assert_eq!(&after, &Database { rows: after.rows.clone(), ..before.clone() });
    let mended = mended(before, &after);
    check_dates(&mended)?;
    let mut readings = readings(&mended);
    for reading in &readings {
        check_reading(conn, reading, started)?;
    }
    readings.dedup();
    prop_assert!(readings.len() <= 1, "{:?}", readings);
    Ok(after)
}

/// Holds a step of a repair against the model's: every change is one that a repair of the tables as they were just before
/// the step would make.
pub fn check_step(before: &Database, after: &Database) -> Checked {
    let right = model::repair(before);
    prop_assert_eq!(after.rows.len(), right.len(), "{:?} {:?}", before, after);
    for ((old, new), right) in before.rows.iter().zip(timeless(&after.rows, &right)).zip(right) {
        prop_assert!(new == *old || new == right, "{:?} instead of {:?} in {:?}", new, right, before);
    }
    prop_assert_eq!(after, &Database { rows: after.rows.clone(), ..before.clone() });
    check_dates(&mended(before, after))
}

/// Holds what was told against what was changed, in any order: each row once, with its old and its new values.
pub fn check_told(conn: &Connection, mended: &[Mended], changes: &[Change]) -> Checked {
    let mut untold: Vec<_> = mended.iter().collect();
    for change in changes {
        let mut found = None;
        for (number, mended) in untold.iter().enumerate() {
            if tells(conn, change, mended)? {
                found = Some(number);
            }
        }
        let Some(number) = found else {
            return Err(TestCaseError::fail(format!("{change:?} is not what was changed: {untold:?}")));
        };
        untold.remove(number);
    }
    prop_assert!(untold.is_empty(), "nobody is told of {:?}", untold);
    Ok(())
}

fn tells(conn: &Connection, change: &Change, [old, new]: &Mended) -> Result<bool, TestCaseError> {
    let columns = [
        (&change.created_at, &old.created_at, &new.created_at),
        (&change.verification_status, &old.verification_status, &new.verification_status),
        (&change.verified_at, &old.verified_at, &new.verified_at),
    ];
    for (told, was, is) in columns {
        let tells = match told {
            Some(told) => {
                was != is
                    && Value::written(conn, &told.old)? == *was
                    && Value::written(conn, &told.new)? == *is
            }
            None => was == is,
        };
        if !tells {
            return Ok(false);
        }
    }
    Ok(change.marker_id == old.id.shown() && change.user_id == old.user_id.shown())
}

/// The tables once the statements that undo these changes have run: each row that is as the repair left it becomes, byte
/// for byte, as it was before, and nothing else changes.
pub fn undone(database: &Database, mended: &[Mended]) -> Database {
    let mut undone = database.clone();
    for row in &mut undone.rows {
        if let Some([old, _]) = mended.iter().find(|[_, new]| new == row) {
            *row = old.clone();
        }
    }
    undone
}

/// The rows that a repair has changed. It adds none and removes none.
pub fn mended(before: &Database, after: &Database) -> Vec<Mended> {
    let both = before.rows.iter().zip(&after.rows);
    both.filter(|(old, new)| old != new).map(|(old, new)| [old.clone(), new.clone()]).collect()
}

/// No row is dated later than it was.
fn check_dates(mended: &[Mended]) -> Checked {
    for row in mended {
        let [was, is] = row.each_ref().map(|row| row.created_at.as_text().and_then(Instant::read));
        prop_assert!(was.is_none() || is <= was, "{:?}", row);
    }
    Ok(())
}

/// What a repair wrote of the clock.
pub fn readings(mended: &[Mended]) -> Vec<Value> {
    let verified = mended.iter().filter(|[old, new]| old.verified_at != new.verified_at);
    verified.map(|[_, new]| new.verified_at.clone()).collect()
}

/// The rows, where those that are expected to have a clock reading have none that could differ.
pub fn timeless(rows: &[Row], expected: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for (row, expected) in rows.iter_mut().zip(expected) {
        if expected.verified_at.is_text(CLOCK_READING.as_bytes()) && row.verified_at.as_text().is_some() {
            row.verified_at = Value::text(CLOCK_READING);
        }
    }
    rows
}

/// Whether a unique constraint tells this row from all others: a NULL equals nothing.
pub fn has_a_key(row: &Row) -> bool {
    row.id != Value::Null || (row.user_id != Value::Null && row.address != Value::Null)
}
