//! Inserting markers.

use std::slice;

use rusqlite::{Connection, Statement, ffi};

use crate::connection::{has_unresolved_foreign_keys, rows_written};
use crate::date::Second;
use crate::error::{During, Error, Refusal, turned_away};
use crate::marker::{ID_PREFIX, Marker, NewMarker, Search};
use crate::refused;
use crate::savepoint::Work;
use crate::statement::prepare_write;
use crate::text::Text;

const WRITING: &str = "writing a marker";

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

/// How many markers one statement inserts at most.
const MOST_AT_ONCE: usize = 300;

/// How many of so many markers one statement best inserts. Several at once save what SQLite does for each run of a
/// statement, such as opening each index, setting up the list of a CHECK and keeping a copy of each page that it changes:
/// as much as it takes to prepare a statement with some thirty markers more. What is left of a division is inserted one by
/// one.
fn best_at_once(markers: usize) -> usize {
    let cost = |at_once: &usize| at_once + RUN * (markers / at_once + markers % at_once);
    (1..=markers.min(MOST_AT_ONCE)).min_by_key(cost).unwrap_or(0)
}

/// What a run costs, in markers that are prepared.
const RUN: usize = 32;

/// What became of a marker that was to be written.
pub(crate) enum Written {
    /// It was inserted, alone; or triggers wrote something too, and left it so.
    Created(Option<Marker>),
    /// A trigger of the host's was faster.
    AlreadyEnrolled(Marker),
    /// The host's database doesn't take it. What it wrote until then may still be there.
    Refused(Refusal),
}

/// Why not all markers of a batch were inserted, which undoes those that were.
impl Work for Option<Refusal> {
    fn is_to_be_kept(&self) -> bool {
        self.is_none()
    }
}

impl Work for Written {
    fn is_to_be_kept(&self) -> bool {
        !matches!(self, Written::Refused(_))
    }
}

/// The statement that inserts so many markers.
///
/// It can't be prepared without the unique constraints that it names. DO NOTHING overrides a conflict clause,
/// such as REPLACE, on the host's columns. OR IGNORE and OR ABORT would too, but the one swallows NOT NULL
/// and CHECK failures, and the other is handed on to the host's triggers.
fn insert_sql(markers: usize) -> String {
    let rows = match markers {
        1 => "VALUES (?2, ?3, 'facilitator', ?2, 'verified', ?1, ?4)".to_owned(),
        // What all have in common is prepared once. A number for each parameter would be looked up among all others.
        // Without the WHERE, SQLite takes ON for a join's.
        _ => format!(
            "SELECT column1, column2, 'facilitator', column1, 'verified', ?1, column3 \
             FROM (VALUES {}) WHERE true",
            vec!["(?, ?, ?)"; markers].join(", ")
        ),
    };
    format!(
        "INSERT INTO main.reward_addresses \
         (id, user_id, chain_type, address, verification_status, verified_at, created_at) {rows} \
         ON CONFLICT (id) DO NOTHING ON CONFLICT (user_id, address) DO NOTHING ON CONFLICT DO NOTHING"
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
        let batch = best_at_once(markers);
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
        let (rows, is_alone) = match self.insert(1, slice::from_ref(marker), markers)? {
            Inserted::Rows { count, is_alone } => (count, is_alone),
            Inserted::TurnedAway(refusal) => return Ok(Written::Refused(refusal)),
        };
        if rows > 0 && is_alone {
            return Ok(Written::Created(None));
        }
        Ok(match markers.find(&marker.user_id)? {
            Some(found) if rows > 0 => Written::Created(Some(found)),
            Some(found) => Written::AlreadyEnrolled(found),
            None if rows == 0 => Written::Refused(refused::of_no_row(self.conn, &marker.user_id)?),
            // What stands there with the marker's id is what a trigger made of it.
            None => Written::Refused(Refusal::NotKept),
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
            Inserted::Rows { count, is_alone: true } if count == batch.len() => None,
            Inserted::Rows { .. } => Some(Refusal::NotKept),
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
            Ok(_) if written == 0 => Ok(Inserted::Rows { count: 0, is_alone: true }),
            Ok(count) => {
                // Where not all were inserted, they are undone.
                if !self.is_seen && count == written && count == batch.len() {
                    markers.see(&batch[0].user_id)?;
                    self.is_seen = true;
                }
                Ok(Inserted::Rows { count, is_alone: count == written })
            }
            Err(error) => turned_away(error).map(Inserted::TurnedAway),
        }
    }
}

/// What a statement came to that inserts markers.
enum Inserted {
    /// So many rows were inserted, alone unless triggers wrote something too.
    Rows {
        count: usize,
        is_alone: bool,
    },
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
