//! The marker row: finding it, and writing it.

use std::{fmt, slice};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, ffi};

use crate::connection::{has_unresolved_foreign_keys, rows_written};
use crate::date::Second;
use crate::error::{During, Error, Refusal, is_too_long, turned_away};
use crate::memory::OutOfMemory;
use crate::statement::{ignored, prepare, prepare_write, require_not_ignored};
use crate::text::Text;
use crate::value;

const READING: &str = "reading reward_addresses";
const WRITING: &str = "writing a marker";
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
    fn see(&mut self, user_id: &Text) -> Result<(), Error> {
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

/// Writes markers, all with one clock reading.
pub(crate) struct Writer<'c> {
    conn: &'c Connection,
    insert: Statement<'c>,
    /// Inserts so many markers, where several at once are allowed.
    insert_batch: Option<(usize, Statement<'c>)>,
    verified_at: Text,
    /// Whether a marker that was written has been seen to be there.
    is_seen: bool,
}

/// How many markers one statement inserts at most. Several save what SQLite does once for each statement,
/// such as setting up the list of a CHECK: a quarter of the time that a whole backfill takes. More than this save
/// nothing more.
const MOST_AT_ONCE: usize = 300;

/// How often a statement for several markers is used at least, so that it is worth preparing.
const LEAST_USES: usize = 4;

/// What became of a marker that was to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    /// The row was inserted, and nothing else was written.
    Alone,
    /// The row was inserted, and triggers wrote something too.
    WithMore,
    /// The row wasn't inserted, and SQLite reported no error.
    No,
    /// The host's database turned the row away. What it wrote until then may still be there.
    TurnedAway(Refusal),
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

/// The statement that inserts so many markers.
///
/// It can't be prepared without the unique constraints that it names. DO NOTHING overrides a conflict clause,
/// such as REPLACE, on the host's columns. OR IGNORE and OR ABORT would too, but the one swallows NOT NULL
/// and CHECK failures, and the other is handed on to the host's triggers.
fn insert_sql(markers: usize) -> String {
    let row = |number| {
        let (id, user_id, created_at) = (3 * number + 2, 3 * number + 3, 3 * number + 4);
        format!("(?{id}, ?{user_id}, 'facilitator', ?{id}, 'verified', ?1, ?{created_at})")
    };
    let rows: Vec<_> = (0..markers).map(row).collect();
    format!(
        "INSERT INTO main.reward_addresses \
         (id, user_id, chain_type, address, verification_status, verified_at, created_at) VALUES {} \
         ON CONFLICT (id) DO NOTHING ON CONFLICT (user_id, address) DO NOTHING ON CONFLICT DO NOTHING",
        rows.join(", ")
    )
}

impl<'c> Writer<'c> {
    pub(crate) fn new(conn: &'c Connection, verified_at: Second) -> Result<Self, Error> {
        let insert = prepare_write(conn, &insert_sql(1)).during(conn, WRITING)?;
        Ok(Writer { conn, insert, insert_batch: None, verified_at: verified_at.to_text(), is_seen: false })
    }

    /// Allows several of these markers in one statement. Not for a table with triggers, because what a trigger
    /// does after one marker may concern the next.
    pub(crate) fn in_batches(mut self, markers: usize) -> Self {
        let batch = markers / markers.div_ceil(MOST_AT_ONCE).max(LEAST_USES);
        if batch > 1 {
            // A host may have lowered the limit of parameters.
            self.insert_batch =
                prepare_write(self.conn, &insert_sql(batch)).ok().map(|insert| (batch, insert));
        }
        self
    }

    /// How many markers [`Writer::write_batch`] takes; 0 if it takes none.
    pub(crate) fn batch(&self) -> usize {
        self.insert_batch.as_ref().map_or(0, |(batch, _)| *batch)
    }

    /// Inserts the marker of a user who is known to exist and, as `markers` has found, to have none.
    pub(crate) fn write(&mut self, marker: &NewMarker, markers: &mut Search<'_>) -> Result<Written, Error> {
        Ok(match self.insert(1, slice::from_ref(marker), markers)? {
            Inserted::Alone(0) => Written::No,
            Inserted::Alone(_) => Written::Alone,
            Inserted::WithMore(0) => Written::No,
            Inserted::WithMore(_) => Written::WithMore,
            Inserted::TurnedAway(refusal) => Written::TurnedAway(refusal),
        })
    }

    /// Inserts [`Writer::batch`] markers, as [`Writer::write`] one; gives why not all were inserted. Some may be
    /// all the same.
    pub(crate) fn write_batch(
        &mut self,
        batch: &[NewMarker],
        markers: &mut Search<'_>,
    ) -> Result<Option<Refusal>, Error> {
        Ok(match self.insert(self.batch(), batch, markers)? {
            Inserted::Alone(rows) if rows == batch.len() => None,
            Inserted::Alone(_) | Inserted::WithMore(_) => Some(Refusal::NotKept),
            Inserted::TurnedAway(refusal) => Some(refusal),
        })
    }

    fn insert(
        &mut self,
        at_once: usize,
        batch: &[NewMarker],
        markers: &mut Search<'_>,
    ) -> Result<Inserted, Error> {
        let statement = match &mut self.insert_batch {
            Some((_, statement)) if at_once > 1 => statement,
            _ => &mut self.insert,
        };
        let had_unresolved = has_unresolved_foreign_keys(self.conn);
        let before = rows_written(self.conn);
        let inserted = insert(self.conn, statement, &self.verified_at, batch).during(self.conn, WRITING);
        // How many rows a statement inserted that didn't run is how many an earlier one did.
        let written = usize::try_from(rows_written(self.conn).wrapping_sub(before)).unwrap_or(usize::MAX);
        match inserted {
            // A deferred one would turn the commit away, and all other markers with it.
            Ok(_) if !had_unresolved && has_unresolved_foreign_keys(self.conn) => {
                Ok(Inserted::TurnedAway(Refusal::TurnedAway {
                    code: ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
                    message: "FOREIGN KEY constraint failed".to_owned(),
                }))
            }
            Ok(_) if written == 0 => Ok(Inserted::Alone(0)),
            Ok(rows) if rows == written => {
                // Where not all were inserted, they are undone.
                if !self.is_seen && rows == batch.len() {
                    markers.see(&batch[0].user_id)?;
                    self.is_seen = true;
                }
                Ok(Inserted::Alone(rows))
            }
            Ok(rows) => Ok(Inserted::WithMore(rows)),
            Err(error) => turned_away(error).map(Inserted::TurnedAway),
        }
    }
}

/// What a statement came to that inserts markers.
enum Inserted {
    /// So many rows were inserted, and nothing else was written.
    Alone(usize),
    /// So many rows were inserted, and triggers wrote something too.
    WithMore(usize),
    TurnedAway(Refusal),
}

fn insert(
    conn: &Connection,
    statement: &mut Statement<'_>,
    verified_at: &Text,
    markers: &[NewMarker],
) -> rusqlite::Result<usize> {
    statement.raw_bind_parameter(1, verified_at)?;
    for (number, marker) in markers.iter().enumerate() {
        statement.raw_bind_parameter(3 * number + 2, marker.user_id.prefixed(ID_PREFIX)?)?;
        statement.raw_bind_parameter(3 * number + 3, &marker.user_id)?;
        statement.raw_bind_parameter(3 * number + 4, marker.enrollment_date.to_text())?;
    }
    // A host may have asked SQLite for a row that counts the changes.
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(usize::try_from(conn.changes()).unwrap_or(0))
}
