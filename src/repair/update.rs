//! Changing markers' rows.

use rusqlite::{Connection, Statement};

use super::change::{Column, WRITTEN};
use crate::audit::row::MarkerRow;
use crate::connection::{has_unresolved_foreign_keys, rows_written};
use crate::error::{During, Error, Refusal, turned_away};
use crate::schema::Schema;
use crate::statement::{prepare, prepare_write};
use crate::value::Value;

const WRITING: &str = "repairing a marker";

/// The row with these values, byte for byte, once it is sought by its id, whatever the collation of that; the + keeps SQLite
/// off the index on chain_type, under which all markers stand.
const ROW: &str = "id IS ?1 COLLATE BINARY AND user_id IS ?2 COLLATE BINARY \
                   AND address IS ?3 COLLATE BINARY AND (+chain_type) COLLATE BINARY = 'facilitator' \
                   AND created_at IS ?4 COLLATE BINARY AND verification_status IS ?5 COLLATE BINARY \
                   AND verified_at IS ?6 COLLATE BINARY";

/// What became of a row that was to be changed.
pub(super) enum Updated {
    Changed,
    /// Somebody has changed it meanwhile, so that it is left alone.
    Left,
    /// The host's database doesn't take it.
    Refused(Refusal),
}

/// Changes rows, with statements that are prepared once.
pub(super) struct Updater<'c> {
    conn: &'c Connection,
    /// By the columns that they write to, and whether the row has an id.
    updates: [Option<Update<'c>>; 16],
    /// For a row that has an id, and for one that has none.
    finds: [Statement<'c>; 2],
    /// Whether each row is looked at after it was changed, because a trigger may have changed it back, or only the first
    /// one, because an authorizer may keep the columns as they are.
    looks_at_each: bool,
    /// Whether another row may be in the way of a change, which a conflict clause of the host's could then remove.
    may_conflict: bool,
}

/// A statement that changes a row.
struct Update<'c> {
    statement: Statement<'c>,
    /// Whether a row that it changed has been seen to be so.
    is_seen: bool,
}

impl<'c> Updater<'c> {
    pub(super) fn new(conn: &'c Connection, schema: &Schema, has_triggers: bool) -> Result<Self, Error> {
        let find = |has_id| {
            let sql = format!("SELECT 1 FROM main.reward_addresses WHERE {}", row_sql(has_id));
            prepare(conn, &sql).during(conn, "reading reward_addresses")
        };
        let finds = [find(true)?, find(false)?];
        let may_conflict = schema.reward_addresses.is_unique_with_any(&WRITTEN);
        Ok(Updater { conn, updates: Default::default(), finds, looks_at_each: has_triggers, may_conflict })
    }

    /// Changes a row, if it still has the values that were read.
    pub(super) fn update(&mut self, row: &MarkerRow, columns: &[Column<'_>; 3]) -> Result<Updated, Error> {
        let conn = self.conn;
        let had_unresolved = has_unresolved_foreign_keys(conn);
        let before = rows_written(conn);
        match self.change(row, columns).during(conn, WRITING) {
            Ok(_) if !had_unresolved && has_unresolved_foreign_keys(conn) => {
                return Ok(Updated::Refused(Refusal::NotKept));
            }
            // How many rows a statement changed that didn't run is how many an earlier one did.
            Ok(1) if rows_written(conn) != before => {}
            Ok(_) => {
                let is_there = self.is_there(row, columns.each_ref().map(|column| column.old));
                return Ok(match is_there.during(conn, WRITING)? {
                    true => Updated::Refused(Refusal::NotKept),
                    false => Updated::Left,
                });
            }
            Err(error) => return turned_away(error).map(Updated::Refused),
        }
        let which = number_of(row, columns);
        let is_seen = self.updates[which].as_ref().is_some_and(|update| update.is_seen);
        if self.looks_at_each || !is_seen {
            let now = columns.each_ref().map(|column| column.new.as_ref().unwrap_or(column.old));
            if !self.is_there(row, now).during(conn, WRITING)? {
                return Ok(Updated::Refused(Refusal::NotKept));
            }
            self.updates[which].iter_mut().for_each(|update| update.is_seen = true);
        }
        Ok(Updated::Changed)
    }

    /// How many rows were changed.
    fn change(&mut self, row: &MarkerRow, columns: &[Column<'_>; 3]) -> rusqlite::Result<usize> {
        let Update { statement, .. } = match &mut self.updates[number_of(row, columns)] {
            Some(update) => update,
            none => {
                let sql = update_sql(row, columns, self.may_conflict);
                none.insert(Update { statement: prepare_write(self.conn, &sql)?, is_seen: false })
            }
        };
        bind_row(statement, row, columns.each_ref().map(|column| column.old))?;
        for (number, new) in columns.iter().filter_map(|column| column.new.as_ref()).enumerate() {
            statement.raw_bind_parameter(7 + number, new)?;
        }
        // A host may have asked SQLite for a row that counts the changes.
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(usize::try_from(self.conn.changes()).unwrap_or(0))
    }

    /// Whether the row is there, with these values.
    fn is_there(&mut self, row: &MarkerRow, values: [&Value; 3]) -> rusqlite::Result<bool> {
        let [with_id, without_id] = &mut self.finds;
        let find = if has_id(row) { with_id } else { without_id };
        bind_row(find, row, values)?;
        Ok(find.raw_query().next()?.is_some())
    }
}

fn has_id(row: &MarkerRow) -> bool {
    !matches!(row.id, Value::Null)
}

/// The number of the statement that writes to these columns of this row.
fn number_of(row: &MarkerRow, columns: &[Column<'_>; 3]) -> usize {
    let changed = columns.iter().enumerate().filter(|(_, column)| column.new.is_some());
    changed.map(|(number, _)| 2 << number).sum::<usize>() + usize::from(has_id(row))
}

/// The condition that a row is the one that is bound.
fn row_sql(has_id: bool) -> String {
    // An equality finds at most one row, and SQLite needs no journal of its own for the statement.
    format!("{} AND {ROW}", if has_id { "id = ?1" } else { "id IS NULL" })
}

/// OR ABORT overrides a conflict clause of the host's, but is handed on to the host's triggers: so it is left out where
/// nothing can be in the way.
fn update_sql(row: &MarkerRow, columns: &[Column<'_>; 3], may_conflict: bool) -> String {
    let changed = columns.iter().filter(|column| column.new.is_some());
    let set: Vec<_> =
        changed.enumerate().map(|(number, column)| format!("{} = ?{}", column.name, 7 + number)).collect();
    let update = if may_conflict { "UPDATE OR ABORT" } else { "UPDATE" };
    format!("{update} main.reward_addresses SET {} WHERE {}", set.join(", "), row_sql(has_id(row)))
}

fn bind_row(statement: &mut Statement<'_>, row: &MarkerRow, values: [&Value; 3]) -> rusqlite::Result<()> {
    let [created_at, verification_status, verified_at] = values;
    let own = [&row.id, &row.user_id, &row.address, created_at, verification_status, verified_at];
    own.into_iter()
        .enumerate()
        .try_for_each(|(number, value)| statement.raw_bind_parameter(1 + number, value))
}
