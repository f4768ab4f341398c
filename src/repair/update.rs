//! Changing markers' rows.

use rusqlite::{Connection, Statement};

use super::change::Column;
use crate::audit::row::MarkerRow;
use crate::connection::{has_unresolved_foreign_keys, rows_written};
use crate::error::{During, Error, Refusal, turned_away};
use crate::savepoint::Work;
use crate::statement::{prepare, prepare_write};
use crate::value::Value;

const WRITING: &str = "repairing a marker";

/// The row with these values, byte for byte. It is sought by the id or by the user's, whatever their collation; the + keeps
/// SQLite off the index on chain_type, under which all markers stand.
const ROW: &str = "id IS ?1 AND id IS ?1 COLLATE BINARY AND user_id IS ?2 COLLATE BINARY \
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

impl Work for Updated {
    fn is_to_be_kept(&self) -> bool {
        matches!(self, Updated::Changed)
    }
}

/// Changes rows, with statements that are prepared once.
pub(super) struct Updater<'c> {
    conn: &'c Connection,
    /// By the columns that they write to.
    updates: [Option<Statement<'c>>; 8],
    find: Statement<'c>,
    /// Whether each row is looked at after it was changed, because a trigger may have changed it back, or only the first
    /// one, because an authorizer may keep the columns as they are.
    looks_at_each: bool,
}

impl<'c> Updater<'c> {
    pub(super) fn new(conn: &'c Connection, has_triggers: bool) -> Result<Self, Error> {
        let find = format!("SELECT 1 FROM main.reward_addresses WHERE {ROW}");
        let find = prepare(conn, &find).during(conn, "reading reward_addresses")?;
        Ok(Updater { conn, updates: Default::default(), find, looks_at_each: has_triggers })
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
        let is_first = self.updates.iter().flatten().count() == 1;
        if self.looks_at_each || is_first {
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
        let which = changed.map(|(number, _)| 1 << number).sum::<usize>();
        let statement = match &mut self.updates[which] {
            Some(statement) => statement,
            none => none.insert(prepare_write(self.conn, &update_sql(columns))?),
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
        bind_row(&mut self.find, row, values)?;
        Ok(self.find.raw_query().next()?.is_some())
    }
}

fn update_sql(columns: &[Column<'_>; 3]) -> String {
    let changed = columns.iter().filter(|column| column.new.is_some());
    let set: Vec<_> =
        changed.enumerate().map(|(number, column)| format!("{} = ?{}", column.name, 7 + number)).collect();
    format!("UPDATE main.reward_addresses SET {} WHERE {ROW}", set.join(", "))
}

fn bind_row(statement: &mut Statement<'_>, row: &MarkerRow, values: [&Value; 3]) -> rusqlite::Result<()> {
    let [created_at, verification_status, verified_at] = values;
    let own = [&row.id, &row.user_id, &row.address, created_at, verification_status, verified_at];
    own.into_iter()
        .enumerate()
        .try_for_each(|(number, value)| statement.raw_bind_parameter(1 + number, value))
}
