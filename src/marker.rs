//! The marker row: finding it, and writing it.

use std::fmt;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};

use crate::date::Second;
use crate::error::{During, Error};
use crate::text::Text;

const WRITING: &str = "writing a marker";
pub(crate) const ID_PREFIX: &str = "FACILITATOR_OWNER:";

/// A row of `reward_addresses` with `chain_type = 'facilitator'`, as it stands in the table.
///
/// All columns are text as the host's own code reads it. An older row may hold anything: a value that isn't
/// text is given as SQL writes it, bytes that aren't UTF-8 become U+FFFD, and a NULL is empty, but for
/// `verified_at`, where a NULL is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Marker {
    /// `FACILITATOR_OWNER:` followed by the user id, in a row that the library wrote.
    pub id: String,
    /// The user's id, as stored in `"user"`.
    pub user_id: String,
    /// `facilitator`.
    pub chain_type: String,
    /// The same as `id`, in a row that the library wrote.
    pub address: String,
    /// `verified`, in a row that the library wrote.
    pub verification_status: String,
    /// When the row was written, by the clock of the machine that wrote it: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub verified_at: Option<String>,
    /// The enrollment date: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
}

impl fmt::Display for Marker {
    /// For a log: who is enrolled, and since when.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} enrolled since {}", self.user_id, self.created_at)
    }
}

impl Marker {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Marker {
            id: text(row, 0)?,
            user_id: text(row, 1)?,
            chain_type: text(row, 2)?,
            address: text(row, 3)?,
            verification_status: text(row, 4)?,
            verified_at: match row.get_ref(5)? {
                ValueRef::Null => None,
                _ => Some(text(row, 5)?),
            },
            created_at: text(row, 6)?,
        })
    }
}

/// A column's text; of a NULL, none.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => String::new(),
        value => crate::value::Value::from(value).to_display(),
    })
}

/// The user's marker: of several, the one with the address that the library writes, else the one with the
/// lowest `id`.
pub(crate) fn find(conn: &Connection, user_id: &Text) -> Result<Option<Marker>, Error> {
    // Without ANALYZE, SQLite may prefer the index on chain_type, under which all markers stand: the + keeps
    // it off.
    let sql = "SELECT id, user_id, chain_type, address, verification_status, verified_at, created_at \
               FROM main.reward_addresses \
               WHERE user_id = ?1 AND user_id = ?1 COLLATE BINARY \
               AND (+chain_type) COLLATE BINARY = 'facilitator' \
               ORDER BY (address IS ?2 COLLATE BINARY) DESC, id COLLATE BINARY LIMIT 1";
    let read = || {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([user_id, &user_id.prefixed(ID_PREFIX)])?;
        rows.next()?.map(Marker::from_row).transpose()
    };
    read().during(conn, "reading reward_addresses")
}

/// Writes markers, all with one clock reading.
pub(crate) struct Writer<'c> {
    conn: &'c Connection,
    insert: Statement<'c>,
    verified_at: Second,
}

/// What became of a marker that was to be written.
pub(crate) enum Written {
    /// The row was inserted.
    Yes,
    /// It wasn't, and SQLite reported no error.
    No,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(conn: &'c Connection, verified_at: Second) -> Result<Self, Error> {
        // DO NOTHING overrides a conflict clause, such as REPLACE, on the host's columns. OR IGNORE and OR
        // ABORT would too, but the one swallows NOT NULL and CHECK failures, and the other is handed
        // on to the host's triggers.
        let sql = "INSERT INTO main.reward_addresses \
                   (id, user_id, chain_type, address, verification_status, verified_at, created_at) \
                   VALUES (?1, ?2, 'facilitator', ?1, 'verified', ?3, ?4) ON CONFLICT DO NOTHING";
        let insert = conn.prepare(sql).during(conn, WRITING)?;
        Ok(Writer { conn, insert, verified_at })
    }

    /// Inserts the marker of a user who is known to exist and to have none.
    pub(crate) fn write(&mut self, user_id: &Text, enrollment_date: Second) -> Result<Written, Error> {
        let id = user_id.prefixed(ID_PREFIX);
        let (verified_at, created_at) = (self.verified_at.to_string(), enrollment_date.to_string());
        let inserted = self.insert.execute(rusqlite::params![id, user_id, verified_at, created_at]);
        match inserted.during(self.conn, WRITING)? {
            0 => Ok(Written::No),
            _ => Ok(Written::Yes),
        }
    }
}
