//! Writing the markers that a survey found missing, in the order of user ids.

use std::cell::Cell;
use std::slice;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};

use super::knowledge::Knowledge;
use super::verification::Verification;
use crate::date::Second;
use crate::error::Error;
use crate::fitness::Fitness;
use crate::interrupt::Interruptible;
use crate::marker::{self, NewMarker, Writer, Written};
use crate::memory::OutOfMemory;
use crate::refused::{self, Refusal, RefusedMarker};
use crate::report::BackfillReport;
use crate::schema::Schema;
use crate::text::Text;
use crate::transaction::{Attempts, Work, others_commit_while_reading, reading_then_writing, writing};
use crate::user;

/// What became of some owners.
#[derive(Default)]
pub(super) struct Visited {
    pub(super) counts: BackfillReport,
    /// Those whose markers were refused, who are in the counts as well.
    pub(super) refused: Vec<(Text, Refusal)>,
    /// Whether there is anything to commit.
    wrote: bool,
    /// Whether it was committed at once.
    pub(super) is_committed: bool,
    /// Whether something other than the markers was written since the survey.
    pub(super) disturbed: bool,
    /// How many users were passed in looking owners up again.
    pub(super) passed: u64,
    /// Since when others are kept from writing.
    blocking_since: Option<Instant>,
    /// How long others were kept from writing.
    pub(super) blocking: Duration,
}

impl Visited {
    pub(super) fn already_enrolled(&mut self) {
        self.counts.owners += 1;
        self.counts.already_enrolled += 1;
    }

    pub(super) fn unreadable_date(&mut self) {
        self.counts.owners += 1;
        self.counts.unreadable_date += 1;
    }

    fn created(&mut self) {
        self.counts.owners += 1;
        self.counts.created += 1;
    }

    fn refused(&mut self, user_id: &Text, refusal: Refusal) -> Result<(), OutOfMemory> {
        self.refused.push((user_id.again()?, refusal));
        self.counts.owners += 1;
        self.counts.refused += 1;
        Ok(())
    }
}

impl Work for Visited {
    fn is_to_be_kept(&self) -> bool {
        self.wrote
    }
}

/// Visits those owners whose marker's place is taken, and gives the others. Only reads.
pub(super) fn visit_taken(conn: &Connection, due: &[NewMarker]) -> Result<(Vec<NewMarker>, Visited), Error> {
    let mut visited = Visited::default();
    let mut taken = refused::Search::new(conn)?;
    let mut users = user::Search::new(conn)?;
    let mut others = Vec::new();
    for due in due {
        match taken.find(&due.user_id)? {
            // The user may be gone, or enrolled, since the survey.
            Some(refusal) if users.exists(&due.user_id)? && marker::find(conn, &due.user_id)?.is_none() => {
                visited.refused(&due.user_id, refusal)?;
            }
            _ => others.push(due.again()?),
        }
    }
    Ok((others, visited))
}

/// Visits owners without writing: foresees what [`write()`] would do, as far as the schema tells.
pub(super) fn foresee(due: &[NewMarker], fitness: &Fitness) -> Result<Visited, OutOfMemory> {
    let mut visited = Visited::default();
    for due in due {
        match fitness.refusal() {
            Some(refusal) => visited.refused(&due.user_id, refusal.clone())?,
            None => visited.created(),
        }
    }
    Ok(visited)
}

/// What writing came to.
pub(super) enum Outcome {
    Visited(Visited),
    /// The host's database turned a marker away by rolling the whole transaction back, and nothing is written.
    RolledBack(RolledBack),
}

/// A marker that the host's database turns away by rolling the whole transaction back.
pub(super) struct RolledBack {
    pub(super) user_id: Text,
    refusal: Refusal,
}

/// Visits owners and writes their markers, all but the refused ones or none, in one transaction.
///
/// If what is known of them still holds, they are written as they are. Otherwise each is looked up again: a
/// marker is right when it is committed. All reading comes before the write lock, and only if somebody else was
/// faster, or is writing, is it done again under the lock.
///
/// The marker that is `known` to make the database roll back is refused without being written.
pub(super) fn write(
    conn: &Interruptible<'_>,
    schema: &Schema,
    due: &[NewMarker],
    verified_at: Second,
    knowledge: Knowledge,
    known: Option<&RolledBack>,
) -> Result<Outcome, Error> {
    let own_transaction = conn.is_autocommit();
    let rolled_back = Cell::new(None);
    let visit = |blocking_since: Option<Instant>| {
        let in_batches = !Schema::has_triggers(conn)?;
        let mut markers = marker::Search::new(conn)?;
        let mut verification = None;
        let mut visited = Visited::default();
        // The schema was read by now, so this is asked of the state that all further reading is of.
        let verified = if knowledge.holds(conn) {
            None
        } else {
            let verification = verification.insert(Verification::new(conn, schema)?);
            Some(verification.still_due(due, &mut markers, &mut visited)?)
        };
        let still_due = verified.as_deref().unwrap_or(due);
        let blocking_since = blocking_since.or_else(|| (!still_due.is_empty()).then(Instant::now));
        match Writer::new(conn, verified_at) {
            Ok(writer) => {
                let writer = if in_batches { writer.in_batches(still_due.len()) } else { writer };
                let attempts = Attempts::new(conn)?;
                let fitness = None;
                let mut step = Step {
                    conn,
                    schema,
                    writer,
                    markers,
                    attempts,
                    verification,
                    fitness,
                    known,
                    rolled_back: &rolled_back,
                    visited,
                };
                step.write_all(still_due)?;
                visited = step.visited;
                visited.passed = step.verification.as_ref().map_or(0, Verification::passed);
                visited.disturbed |= verified.is_some();
            }
            Err(error) => {
                let refusal = refused::turned_away(error)?;
                Schema::read(conn)?;
                let refusal = Fitness::read(conn)?.explain(refusal);
                for due in still_due {
                    visited.refused(&due.user_id, refusal.clone())?;
                }
            }
        }
        if verified.is_none() && !knowledge.holds(conn) {
            return Err(written_meanwhile());
        }
        visited.blocking_since = blocking_since;
        Ok(visited)
    };
    let write = || {
        let reading_blocks_since = (!others_commit_while_reading(conn)?).then(Instant::now);
        match reading_then_writing(conn, || visit(reading_blocks_since))? {
            Some(visited) => Ok(visited),
            None => writing(conn, || visit(Some(Instant::now()))),
        }
    };
    match (write(), rolled_back.take()) {
        (Err(_), Some(by)) if own_transaction => Ok(Outcome::RolledBack(by)),
        (result, _) => {
            let mut visited = result?;
            visited.is_committed = own_transaction && visited.wrote;
            // The commit keeps others waiting too.
            visited.blocking = visited.blocking_since.map_or(Duration::ZERO, |since| since.elapsed());
            Ok(Outcome::Visited(visited))
        }
    }
}

/// The error for a commit of another connection that shares the cache, which SQLite itself doesn't notice: the owners
/// have to be looked up again.
fn written_meanwhile() -> Error {
    let code = ffi::SQLITE_BUSY_SNAPSHOT;
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    Error::Sqlite { doing: "writing markers", code, source }
}

struct Step<'a> {
    conn: &'a Connection,
    schema: &'a Schema,
    writer: Writer<'a>,
    markers: marker::Search<'a>,
    attempts: Attempts<'a>,
    verification: Option<Verification<'a>>,
    /// What the schema says to refusals, read once there is one.
    fitness: Option<Fitness>,
    known: Option<&'a RolledBack>,
    /// Is told what made the database roll back.
    rolled_back: &'a Cell<Option<RolledBack>>,
    visited: Visited,
}

/// What became of a marker, which is undone if it was refused.
enum Attempt {
    Created,
    /// Triggers wrote something too.
    CreatedWithMore,
    /// A trigger of the host's was faster.
    AlreadyEnrolled,
    Refused(Refusal),
}

impl Work for Attempt {
    fn is_to_be_kept(&self) -> bool {
        !matches!(self, Attempt::Refused(_))
    }
}

/// Why not all markers of a batch were created, which undoes those that were.
struct Batch(Option<Refusal>);

impl Work for Batch {
    fn is_to_be_kept(&self) -> bool {
        self.0.is_none()
    }
}

impl Step<'_> {
    /// The markers among these that are still to be written; the other owners are counted.
    fn verify(&mut self, due: &[NewMarker]) -> Result<Vec<NewMarker>, Error> {
        let verification = match &mut self.verification {
            Some(verification) => verification,
            none => none.insert(Verification::new(self.conn, self.schema)?),
        };
        verification.still_due(due, &mut self.markers, &mut self.visited)
    }

    /// Writes markers of which it is known that each user exists and has none.
    fn write_all(&mut self, markers: &[NewMarker]) -> Result<(), Error> {
        let mut rest = markers;
        while !rest.is_empty() && !self.visited.disturbed {
            rest = self.write_next(rest)?;
        }
        // What a trigger wrote may concern the owners that follow.
        for marker in rest {
            for marker in self.verify(slice::from_ref(marker))? {
                self.write_one(&marker)?;
            }
        }
        Ok(())
    }

    /// Writes the next markers, and gives those that come after them.
    fn write_next<'m>(&mut self, markers: &'m [NewMarker]) -> Result<&'m [NewMarker], Error> {
        let batch = self.writer.batch();
        if batch == 0 || markers.len() < batch {
            self.write_one(&markers[0])?;
            return Ok(&markers[1..]);
        }
        let (now, later) = markers.split_at(batch);
        let Step { attempts, writer, markers: search, .. } = self;
        match attempts.attempt(|| writer.write_batch(now, search).map(Batch))? {
            Batch(None) => {
                now.iter().for_each(|_| self.visited.created());
                self.visited.wrote = true;
            }
            Batch(Some(refusal)) => {
                // Without triggers, only a rule that concerns every row can do so.
                self.explain(&now[0].user_id, refusal)?;
                for marker in now {
                    self.write_one(marker)?;
                }
            }
        }
        Ok(later)
    }

    fn write_one(&mut self, marker: &NewMarker) -> Result<(), Error> {
        if let Some(known) = self.known.filter(|known| known.user_id == marker.user_id) {
            return Ok(self.visited.refused(&known.user_id, known.refusal.clone())?);
        }
        let Step { attempts, writer, markers, conn, .. } = self;
        match attempts.attempt(|| try_to_write(conn, writer, markers, marker))? {
            Attempt::Created => self.visited.created(),
            Attempt::CreatedWithMore => {
                self.visited.created();
                self.visited.disturbed = true;
            }
            Attempt::AlreadyEnrolled => {
                self.visited.already_enrolled();
                self.visited.disturbed = true;
            }
            Attempt::Refused(refusal) => {
                let refusal = self.explain(&marker.user_id, refusal)?;
                return Ok(self.visited.refused(&marker.user_id, refusal)?);
            }
        }
        self.visited.wrote = true;
        Ok(())
    }

    /// The refusal of this user's marker, with what the schema has to say about it. Fails if the host's database
    /// has rolled the transaction back with it.
    fn explain(&mut self, user_id: &Text, refusal: Refusal) -> Result<Refusal, Error> {
        let is_there = !self.conn.is_autocommit();
        let fitness = match &mut self.fitness {
            Some(fitness) => fitness,
            none => {
                Schema::read(self.conn)?;
                none.insert(Fitness::read(self.conn)?)
            }
        };
        let refusal = fitness.explain(refusal);
        if is_there {
            return Ok(refusal);
        }
        let first = RefusedMarker::new(user_id, refusal.clone())?;
        self.rolled_back.set(Some(RolledBack { user_id: user_id.again()?, refusal }));
        Err(Error::MarkerRefused { count: 1, first, report: None })
    }
}

/// Writes the marker of a user who exists and has none.
fn try_to_write(
    conn: &Connection,
    writer: &mut Writer<'_>,
    markers: &mut marker::Search<'_>,
    marker: &NewMarker,
) -> Result<Attempt, Error> {
    let written = writer.write(marker, markers)?;
    let found = match written {
        Written::Alone => return Ok(Attempt::Created),
        Written::TurnedAway(refusal) => return Ok(Attempt::Refused(refusal)),
        Written::WithMore | Written::No => markers.find(&marker.user_id)?,
    };
    Ok(match (written, found) {
        (Written::WithMore, Some(_)) => Attempt::CreatedWithMore,
        (_, Some(_)) => Attempt::AlreadyEnrolled,
        (Written::No, None) => Attempt::Refused(refused::of_no_row(conn, &marker.user_id)?),
        // What stands there with the marker's id is what a trigger made of it.
        (_, None) => Attempt::Refused(Refusal::NotKept),
    })
}
