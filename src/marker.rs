//! The marker row, and finding it.

use std::fmt;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql};

use crate::date::Second;
use crate::error::{During, Error, is_too_long};
use crate::memory::OutOfMemory;
use crate::statement::{ignored, prepare, require_not_ignored};
use crate::text::Text;
use crate::value;

const READING: &str = "reading reward_addresses";
pub(crate) const ID_PREFIX: &str = "FACILITATOR_OWNER:";

/// The columns of `reward_addresses` that a marker has.
pub(crate) const COLUMNS: [&str; 7] =
    ["id", "user_id", "chain_type", "address", "verification_status", "verified_at", "created_at"];

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
    /// For a log: who is enrolled, and since when; and whether that day was still to come when the marker was
    /// written, which is for a person to look into.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} enrolled since {}", self.user_id, self.created_at)?;
        match &self.verified_at {
            Some(written) if later_than(&self.created_at, written) => {
                write!(f, ", which was still to come on {written}: check the dates of the facilitators")
            }
            _ => Ok(()),
        }
    }
}

impl Marker {
    /// The row that was written for `marker`, if nothing has changed it since.
    pub(crate) fn as_written(marker: &NewMarker, verified_at: Second) -> Result<Self, OutOfMemory> {
        let id = marker.user_id.prefixed(ID_PREFIX)?;
        Ok(Marker {
            id: id.to_display()?,
            user_id: marker.user_id.to_display()?,
            chain_type: "facilitator".to_owned(),
            address: id.to_display()?,
            verification_status: "verified".to_owned(),
            verified_at: Some(verified_at.to_string()),
            created_at: marker.enrollment_date.to_string(),
        })
    }

    /// Whether a column is empty that should not be.
    pub(crate) fn lacks_something(&self) -> bool {
        let columns = [&self.id, &self.user_id, &self.address, &self.verification_status, &self.created_at];
        columns.into_iter().any(String::is_empty)
    }

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

/// Whether both are dates and the first is the later one.
fn later_than(date: &str, other: &str) -> bool {
    let [date, other] = [date, other].map(|date| Second::parse(date.as_bytes()));
    date.zip(other).is_some_and(|(date, other)| date > other)
}

/// A column's text; of a NULL, none.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => String::new(),
        value => value::display(value)?,
    })
}

/// The user's marker: see [`Search::find`].
pub(crate) fn find(conn: &Connection, user_id: &Text) -> Result<Option<Marker>, Error> {
    Search::new(conn)?.find(user_id)
}

/// Looks for users' markers.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    /// Most users who are looked up have no marker, and a short statement tells so sooner.
    of_user: Statement<'c>,
}

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        let of_user = "SELECT chain_type, user_id FROM main.reward_addresses WHERE user_id = ?1";
        Ok(Search { conn, of_user: prepare(conn, of_user).during(conn, READING)? })
    }

    /// Whether there is a marker of this user, or of one whose id the column's collation takes for the same.
    fn may_be_enrolled(&mut self, user_id: &Text) -> rusqlite::Result<bool> {
        let mut rows = self.of_user.query([user_id])?;
        while let Some(row) = rows.next()? {
            if row.get_ref(0)? == ValueRef::Text(b"facilitator") {
                return Ok(true);
            }
        }
        drop(rows);
        require_not_ignored(&self.of_user)?;
        Ok(false)
    }

    /// Fails unless the marker of this user, which was just written, is found, and no other one. Otherwise an authorizer
    /// hides, or has hidden, what markers are sought by, and nothing is known of who is enrolled.
    pub(crate) fn see(&mut self, user_id: &Text) -> Result<(), Error> {
        let mut count = || {
            let (mut rows, mut markers) = (self.of_user.query([user_id])?, 0);
            while let Some(row) = rows.next()? {
                let is_marker = row.get_ref(0)? == ValueRef::Text(b"facilitator");
                markers += u32::from(is_marker && row.get_ref(1)? == ValueRef::Text(&user_id.0));
            }
            if markers == 1 { Ok(()) } else { Err(ignored("reading reward_addresses")) }
        };
        count().during(self.conn, READING)
    }

    /// The user's marker: of several, the one with the address that the library writes, else the one with the
    /// lowest `id`.
    pub(crate) fn find(&mut self, user_id: &Text) -> Result<Option<Marker>, Error> {
        self.read(user_id).during(self.conn, READING)
    }

    fn read(&mut self, user_id: &Text) -> rusqlite::Result<Option<Marker>> {
        if !self.may_be_enrolled(user_id)? {
            return Ok(None);
        }
        // Without ANALYZE, SQLite may prefer the index on chain_type, under which all markers stand: the +
        // keeps it off.
        let of_user = "SELECT id, user_id, chain_type, address, verification_status, verified_at, created_at \
                       FROM main.reward_addresses \
                       WHERE user_id = ?1 AND user_id = ?1 COLLATE BINARY \
                       AND (+chain_type) COLLATE BINARY = 'facilitator'";
        let first = |sql: &str, parameters: &[&dyn ToSql]| {
            prepare(self.conn, sql)?.query_row(parameters, Marker::from_row).optional()
        };
        let in_order =
            format!("{of_user} ORDER BY (address IS ?2 COLLATE BINARY) DESC, id COLLATE BINARY LIMIT 1");
        match first(&in_order, &[user_id, &user_id.prefixed(ID_PREFIX)?]) {
            // No row has an address of that length, and to sort such rows is beyond SQLite.
            Err(error) if is_too_long(&error) => first(&format!("{of_user} LIMIT 1"), &[user_id]),
            result => result,
        }
    }
}

/// A marker that is to be written.
pub(crate) struct NewMarker {
    pub(crate) user_id: Text,
    pub(crate) enrollment_date: Second,
}

impl NewMarker {
    /// The same marker once more.
    pub(crate) fn again(&self) -> Result<Self, OutOfMemory> {
        Ok(NewMarker { user_id: self.user_id.again()?, enrollment_date: self.enrollment_date })
    }
}
