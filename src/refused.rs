//! What is in a marker's place.

use rusqlite::{Connection, Statement};

use crate::error::{During, Error, Refusal, is_too_long};
use crate::marker::{ID_PREFIX, text};
use crate::statement;
use crate::text::Text;

const DOING: &str = "reading reward_addresses";

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

/// Why no row was inserted for the marker of this user, though SQLite reported no error.
pub(crate) fn of_no_row(conn: &Connection, user_id: &Text) -> Result<Refusal, Error> {
    Ok(Search::new(conn)?.find(user_id)?.unwrap_or(Refusal::NotKept))
}
