//! What a call has done: markers that are new, and markers that are mended; and whether it told the latter.

use std::collections::{BTreeMap, BTreeSet};

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::rusqlite::types::Value;

use crate::answer::Told;
use crate::call::{Call, Task};
use crate::database::{Row, rows};
use crate::law::Broken;
use crate::wrong::{Seen, is_mended, is_moment};

/// The owners whose markers these calls may have written or mended. All of them are right, and nothing else has changed in
/// the table.
pub fn done(
    before: &BTreeMap<i64, Row>,
    now: &BTreeMap<i64, Row>,
    calls: &[Call],
    seen: Seen,
) -> Result<BTreeSet<String>, Broken> {
    let mends = calls.iter().any(|call| call.task() == Some(Task::Repair));
    let mut done = BTreeSet::new();
    for (rowid, row) in before {
        match now.get(rowid) {
            Some(same) if same == row => {}
            Some(other) if mends => match is_mended(row, other, seen) {
                Some(id) => drop(done.insert(id)),
                None => return Err(format!("a row is mended wrongly: {row:?} is {other:?}")),
            },
            other => return Err(format!("row {rowid} was {row:?} and is {other:?}")),
        }
    }
    let right: Vec<_> = calls.iter().flat_map(|call| call.right_markers()).collect();
    for (_, row) in now.iter().filter(|(rowid, _)| !before.contains_key(*rowid)) {
        let owner = right.iter().find(|(id, date)| is_marker(row, id, date));
        let Some((id, _)) = owner else { return Err(format!("a row is wrong: {row:?}")) };
        if !done.insert((*id).to_owned()) {
            return Err(format!("{id} has two markers"));
        }
    }
    Ok(done)
}

/// Whether a row is the whole marker of this owner with this date.
fn is_marker(row: &Row, id: &str, date: &str) -> bool {
    let name = format!("FACILITATOR_OWNER:{id}");
    let texts: Option<Vec<&str>> = row
        .iter()
        .map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let Some([own, user_id, chain_type, address, status, verified_at, created_at]) = texts.as_deref() else {
        return false;
    };
    [*own, user_id, chain_type, address, status, created_at]
        == [&name, id, "facilitator", &name, "verified", date]
        && is_moment(verified_at)
}

/// Each row that is changed was told with its old and new values. If `only`, nothing else was told, and nothing twice.
pub fn all_told(
    before: &BTreeMap<i64, Row>,
    now: &BTreeMap<i64, Row>,
    changes: &[Told],
    only: bool,
) -> Result<(), Broken> {
    let mut changed = 0;
    for (rowid, row) in before.iter().filter(|(rowid, row)| now.get(rowid) != Some(row)) {
        let Some(new) = now.get(rowid) else { continue };
        changed += 1;
        let replaced =
            |column: usize| (row[column] != new[column]).then(|| [&row[column], &new[column]].map(literal));
        let columns = [4, 5, 6].map(replaced);
        let is_it =
            |change: &Told| Value::Text(change.user_id.clone()) == row[1] && change.columns == columns;
        if !changes.iter().any(is_it) {
            return Err(format!("nobody was told of a change: {row:?} is {new:?}; told was {changes:?}"));
        }
    }
    if only && changes.len() != changed {
        return Err(format!("more was told than was changed: {changed} rows, and {changes:?}"));
    }
    Ok(())
}

/// As SQL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Null => "NULL".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Undoing all that was told, the last change first, leaves no row changed. It is only tried.
pub fn is_undone(conn: &Connection, before: &BTreeMap<i64, Row>, changes: &[Told]) -> Result<(), Broken> {
    let run = |sql: &str| conn.execute_batch(sql).map_err(|error| format!("{sql}: {error}"));
    run("SAVEPOINT undoing")?;
    changes.iter().rev().try_for_each(|change| run(&change.undo))?;
    let now = rows(conn);
    run("ROLLBACK TO undoing; RELEASE undoing")?;
    match before.iter().find(|(rowid, row)| now.get(rowid) != Some(row)) {
        Some((rowid, row)) => Err(format!("a change isn't undone: {row:?} is {:?}", now.get(rowid))),
        None => Ok(()),
    }
}
