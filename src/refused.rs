//! What is in a marker's place, and which errors are a marker's refusal.

use std::ffi::c_int;

use rusqlite::{Connection, Statement, ffi};

use crate::error::{During, Error, Refusal};
use crate::marker::{ID_PREFIX, text};
use crate::statement;
use crate::text::Text;

const DOING: &str = "reading reward_addresses";

/// The refusal that an error of the statement that inserts a marker stands for, or the error back: whether it
/// is the row or the schema that doesn't fit, or the connection that can't write now.
pub(crate) fn turned_away(error: Error) -> Result<Refusal, Error> {
    match error {
        Error::Sqlite { code, source, .. } if is_of_the_row(code) => {
            Ok(Refusal::TurnedAway { code, message: crate::error::text_of(&source) })
        }
        other => Err(other),
    }
}

/// Whether a code says that this row, or no row, can be inserted. The plain error is what a trigger answers
/// whose text has become wrong, or one of whose functions failed.
fn is_of_the_row(code: c_int) -> bool {
    [ffi::SQLITE_CONSTRAINT, ffi::SQLITE_MISMATCH, ffi::SQLITE_TOOBIG, ffi::SQLITE_ERROR]
        .contains(&(code & 0xff))
}

/// Looks for rows that are in the place of markers.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    by_id: Statement<'c>,
    by_address: Statement<'c>,
}

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        let by_id = "SELECT user_id, chain_type FROM main.reward_addresses \
                     WHERE id = ?1 AND id = ?1 COLLATE BINARY";
        let by_address = "SELECT id, chain_type FROM main.reward_addresses \
                          WHERE user_id = ?1 AND user_id = ?1 COLLATE BINARY \
                          AND address = ?2 AND address = ?2 COLLATE BINARY";
        let prepare = |sql| statement::prepare(conn, sql).during(conn, DOING);
        Ok(Search { conn, by_id: prepare(by_id)?, by_address: prepare(by_address)? })
    }

    /// What is in the place of the marker of this user, who has none.
    pub(crate) fn find(&mut self, user_id: &Text) -> Result<Option<Refusal>, Error> {
        let id = user_id.prefixed(ID_PREFIX)?;
        let (by_id, by_address) = (&mut self.by_id, &mut self.by_address);
        let mut read = || {
            if let Some(row) = by_id.query([&id])?.next()? {
                return Ok(Some(Refusal::IdTaken { user_id: text(row, 0)?, chain_type: text(row, 1)? }));
            }
            let mut rows = by_address.query([user_id, &id])?;
            let taken = rows.next()?;
            taken
                .map(|row| Ok(Refusal::AddressTaken { id: text(row, 0)?, chain_type: text(row, 1)? }))
                .transpose()
        };
        match read() {
            // No row has an id or address of that length.
            Err(error) if is_too_long(&error) => Ok(None),
            result => result.during(self.conn, DOING),
        }
    }
}

/// Whether a text is longer than the connection's `SQLITE_LIMIT_LENGTH`.
pub(crate) fn is_too_long(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == ffi::SQLITE_TOOBIG)
}

/// Why no row was inserted for the marker of this user, though SQLite reported no error.
pub(crate) fn of_no_row(conn: &Connection, user_id: &Text) -> Result<Refusal, Error> {
    Ok(Search::new(conn)?.find(user_id)?.unwrap_or(Refusal::NotKept))
}
