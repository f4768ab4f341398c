//! Changing markers' rows.

use rusqlite::{Connection, Statement};

use super::change::Column;
use crate::audit::row::MarkerRow;
use crate::connection::{has_unresolved_foreign_keys, rows_written};
use crate::error::{During, Error, Refusal, turned_away};
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
    updates: [Option<Statement<'c>>; 16],
    /// For a row that has an id, and for one that has none.
    finds: [Statement<'c>; 2],
    /// Whether each row is looked at after it was changed, because a trigger may have changed it back, or only the first
    /// one, because an authorizer may keep the columns as they are.
    looks_at_each: bool,
    /// Whether a row that was changed has been seen to be so.
    is_seen: bool,
}

impl<'c> Updater<'c> {
    pub(super) fn new(conn: &'c Connection, has_triggers: bool) -> Result<Self, Error> {
        let find = |has_id| {
            let sql = format!("SELECT 1 FROM main.reward_addresses WHERE {}", row_sql(has_id));
            prepare(conn, &sql).during(conn, "reading reward_addresses")
        };
        let finds = [find(true)?, find(false)?];
        Ok(Updater { conn, updates: Default::default(), finds, looks_at_each: has_triggers, is_seen: false })
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
        if self.looks_at_each || !self.is_seen {
            self.is_seen = true;
            let now = columns.each_ref().map(|column| column.new.as_ref().unwrap_or(column.old));
            if !self.is_there(row, now).during(conn, WRITING)? {
                return Ok(Updated::Refused(Refusal::NotKept));
            }
        }
        Ok(Updated::Changed)
    }

    /// How many rows were changed.
    fn change(&mut self, row: &MarkerRow, columns: &[Column<'_>; 3]) -> rusqlite::Result<usize> {
        let changed = columns.iter().enumerate().filter(|(_, column)| column.new.is_some());
        let has_id = !matches!(row.id, Value::Null);
        let which = changed.map(|(number, _)| 2 << number).sum::<usize>() + usize::from(has_id);
        let statement = match &mut self.updates[which] {
            Some(statement) => statement,
            none => none.insert(prepare_write(self.conn, &update_sql(columns, has_id))?),
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
        let find = if matches!(row.id, Value::Null) { without_id } else { with_id };
        bind_row(find, row, values)?;
        Ok(find.raw_query().next()?.is_some())
    }
}

/// The condition that a row is the one that is bound.
fn row_sql(has_id: bool) -> String {
    // An equality finds at most one row, and SQLite needs no journal of its own for the statement.
    format!("{} AND {ROW}", if has_id { "id = ?1" } else { "id IS NULL" })
}

fn update_sql(columns: &[Column<'_>; 3], has_id: bool) -> String {
    let changed = columns.iter().filter(|column| column.new.is_some());
    let set: Vec<_> =
        changed.enumerate().map(|(number, column)| format!("{} = ?{}", column.name, 7 + number)).collect();
    format!("UPDATE main.reward_addresses SET {} WHERE {}", set.join(", "), row_sql(has_id))
}

fn bind_row(statement: &mut Statement<'_>, row: &MarkerRow, values: [&Value; 3]) -> rusqlite::Result<()> {
    let [created_at, verification_status, verified_at] = values;
    let own = [&row.id, &row.user_id, &row.address, created_at, verification_status, verified_at];
    own.into_iter()
        .enumerate()
        .try_for_each(|(number, value)| statement.raw_bind_parameter(1 + number, value))
}
