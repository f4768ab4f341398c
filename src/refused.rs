//! What is in the place of a marker that can't be written.

use std::fmt;

use rusqlite::{Connection, Statement};

use crate::error::{During, Error};
use crate::marker::{ID_PREFIX, text};
use crate::text::Text;

const DOING: &str = "reading reward_addresses";

/// A marker that is missing and can't be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedMarker {
    /// The user who stays unenrolled.
    pub user_id: String,
    /// What is in the way.
    pub obstacle: Refusal,
}

impl fmt::Display for RefusedMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = &self.user_id;
        match &self.obstacle {
            Refusal::IdTaken { user_id, chain_type } => write!(
                f,
                "for user {user:?}, the reward_addresses row with the marker's id belongs to user {user_id:?} with \
                 chain_type {chain_type:?}; change that row's id, then run the backfill"
            ),
            Refusal::AddressTaken { id, chain_type } => write!(
                f,
                "for user {user:?}, the reward_addresses row {id:?} with chain_type {chain_type:?} has the marker's \
                 address; change that row's address, then run the backfill"
            ),
            Refusal::NotKept => write!(
                f,
                "for user {user:?}, reward_addresses didn't keep the new row; look for a trigger or a conflict clause \
                 that ignores, removes or changes it, or a unique constraint that only the host knows"
            ),
        }
    }
}

/// What keeps a marker from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another row has the marker's `id`.
    IdTaken {
        /// That row's `user_id`.
        user_id: String,
        /// That row's `chain_type`.
        chain_type: String,
    },
    /// Another row of the same user has the marker's `address`.
    AddressTaken {
        /// That row's `id`.
        id: String,
        /// That row's `chain_type`.
        chain_type: String,
    },
    /// SQLite reported no error, and the row isn't there: a trigger, conflict clause or further unique
    /// constraint of the host's turned it away.
    NotKept,
}

/// Looks for what is in the place of markers.
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
        let prepare = |sql| conn.prepare(sql).during(conn, DOING);
        Ok(Search { conn, by_id: prepare(by_id)?, by_address: prepare(by_address)? })
    }

    /// What is in the place of the marker of this user, who has none.
    pub(crate) fn find(&mut self, user_id: &Text) -> Result<Option<Refusal>, Error> {
        let id = user_id.prefixed(ID_PREFIX);
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
        read().during(self.conn, DOING)
    }
}

impl RefusedMarker {
    /// The marker of this user, which was to be written and isn't there.
    pub(crate) fn of(conn: &Connection, user_id: &Text) -> Result<Self, Error> {
        let obstacle = Search::new(conn)?.find(user_id)?.unwrap_or(Refusal::NotKept);
        Ok(RefusedMarker { user_id: user_id.to_display(), obstacle })
    }
}
