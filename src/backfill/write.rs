//! Writing the markers of owners who are due.

use std::cell::Cell;
use std::slice;

use rusqlite::Connection;

use super::still_due::still_due;
use super::visited::Visited;
use crate::date::Second;
use crate::error::{Error, Refusal, RefusedMarker, turned_away};
use crate::fitness::Fitness;
use crate::insert::{Writer, Written};
use crate::interrupt::Interruptible;
use crate::join::freshness::{Freshness, written_meanwhile};
use crate::join::recheck::Recheck;
use crate::marker::{self, NewMarker};
use crate::memory::OutOfMemory;
use crate::refused;
use crate::savepoint::{Attempts, reading_then_writing, writing};
use crate::schema::Schema;
use crate::step::blocking::Blocking;
use crate::text::Text;
use crate::user;

/// Visits those owners whose marker's place is taken, and gives the others. Only reads.
pub(super) fn visit_taken(conn: &Connection, due: &[NewMarker]) -> Result<(Vec<NewMarker>, Visited), Error> {
    let mut visited = Visited::default();
    let mut taken = refused::Search::new(conn)?;
    let mut users = user::Search::new(conn)?;
    let mut others = Vec::new();
    for due in due {
        match taken.find(&due.user_id)? {
            // The user may be gone, or enrolled, since the read phase.
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

/// Why nothing was written, so that another attempt is due.
pub(super) enum Undone {
    /// Somebody else was faster, or is writing, and the addresses are fresh no longer.
    Overtaken,
    /// A marker makes the database roll back.
    RolledBack(RolledBack),
}

/// A marker that the host's database turns away by rolling the whole transaction back.
pub(super) struct RolledBack {
    pub(super) user_id: Text,
    refusal: Refusal,
}

/// Visits owners and writes their markers, all but the refused ones or none, in one transaction.
///
/// If the addresses are fresh, they are written as they are. Otherwise each owner is looked up again: a marker is right
/// when it is committed. All reading comes before the write lock, and only if somebody else was faster, or is
/// writing, is it done again under the lock. Where triggers may write too, owners are looked up and written one by one.
///
/// The marker that is `known` to make the database roll back is refused without being written. The inner error tells why
/// nothing was written.
pub(super) fn write(
    conn: &Interruptible<'_>,
    schema: &Schema,
    due: &[NewMarker],
    verified_at: Second,
    freshness: Freshness,
    known: Option<&RolledBack>,
) -> Result<Result<Visited, Undone>, Error> {
    let own_transaction = conn.is_autocommit();
    let rolled_back = Cell::new(None);
    let visit = |blocking: Option<Blocking>| {
        let writer = Writer::new(conn, verified_at);
        // Where no marker can be written, no trigger writes anything either.
        let one_by_one = Schema::has_triggers(conn)? && writer.is_ok();
        // The schema was read by now, so this is asked of the state that all further reading is of.
        let freshness = if one_by_one { Freshness::Stale } else { freshness.checked(conn) };
        let mut markers = marker::Search::new(conn)?;
        let mut visited = Visited { freshness: Some(freshness), blocking, ..Visited::default() };
        let is_stale = freshness == Freshness::Stale;
        let mut recheck = is_stale.then(|| Recheck::new(conn, schema)).transpose()?;
        let rechecked = match &mut recheck {
            Some(recheck) if !one_by_one => Some(still_due(due, recheck, &mut markers, &mut visited)?),
            _ => None,
        };
        let due = rechecked.as_deref().unwrap_or(due);
        match writer {
            Ok(writer) => {
                let writer = if one_by_one { writer } else { writer.in_batches(due.len()) };
                let (attempts, fitness) = (Attempts::new(conn)?, None);
                let mut step = Step {
                    conn,
                    writer,
                    markers,
                    attempts,
                    fitness,
                    known,
                    rolled_back: &rolled_back,
                    visited,
                };
                match &mut recheck {
                    Some(recheck) if one_by_one => step.write_one_by_one(due, recheck)?,
                    _ => step.write_in_batches(due)?,
                }
                visited = step.visited;
            }
            Err(error) => {
                let refusal = turned_away(error)?;
                Schema::read(conn)?;
                let refusal = Fitness::read(conn)?.explain(refusal);
                for due in due {
                    visited.refused(&due.user_id, refusal.clone())?;
                }
            }
        }
        visited.passed = recheck.as_ref().map_or(0, Recheck::passed);
        if freshness.checked(conn) != freshness {
            return Err(written_meanwhile("writing markers"));
        }
        if let Some(blocking) = &mut visited.blocking {
            blocking.writing = blocking.since.elapsed();
        }
        Ok(visited)
    };
    let written = match reading_then_writing(conn, || visit(None)) {
        // So many owners aren't looked up under the lock.
        Ok(None) if freshness != Freshness::Stale => return Ok(Err(Undone::Overtaken)),
        Ok(None) => writing(conn, || visit(Some(Blocking::begin(true)))),
        Ok(Some(visited)) => Ok(visited),
        Err(error) => Err(error),
    };
    match (written, rolled_back.take()) {
        (Err(_), Some(by)) if own_transaction => Ok(Err(Undone::RolledBack(by))),
        (result, _) => {
            let mut visited = result?;
            if own_transaction && visited.has_written {
                visited.freshness = visited.freshness.map(|freshness| freshness.after_committing(conn));
            }
            if let Some(blocking) = &mut visited.blocking {
                blocking.committing = blocking.since.elapsed() - blocking.writing;
            }
            Ok(Ok(visited))
        }
    }
}

struct Step<'a> {
    conn: &'a Connection,
    writer: Writer<'a>,
    markers: marker::Search<'a>,
    attempts: Attempts<'a>,
    /// What the schema says to refusals, read once there is one.
    fitness: Option<Fitness>,
    known: Option<&'a RolledBack>,
    /// Is told what made the database roll back.
    rolled_back: &'a Cell<Option<RolledBack>>,
    visited: Visited,
}

impl Step<'_> {
    /// Looks each owner up, and writes the marker if it is still due: a trigger may have written what concerns the
    /// next owner.
    fn write_one_by_one(&mut self, due: &[NewMarker], recheck: &mut Recheck<'_>) -> Result<(), Error> {
        for marker in due {
            let due = slice::from_ref(marker);
            let still_due = still_due(due, recheck, &mut self.markers, &mut self.visited)?;
            still_due.iter().try_for_each(|marker| self.write_one(marker))?;
        }
        Ok(())
    }

    /// Writes markers of which it is known that each user exists and has none.
    fn write_in_batches(&mut self, markers: &[NewMarker]) -> Result<(), Error> {
        let mut rest = markers;
        while !rest.is_empty() {
            rest = self.write_next(rest)?;
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
        self.keep_others_waiting();
        let (now, later) = markers.split_at(batch);
        let Step { attempts, writer, markers: search, .. } = self;
        match attempts.attempt(|| writer.write_batch(now, search))? {
            None => {
                now.iter().for_each(|_| self.visited.created());
                self.visited.has_written = true;
            }
            Some(refusal) => {
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
        self.keep_others_waiting();
        let Step { attempts, writer, markers, .. } = self;
        match attempts.attempt(|| writer.write(marker, markers))? {
            Written::Created(_) => self.visited.created(),
            Written::AlreadyEnrolled(_) => self.visited.already_enrolled(),
            Written::Refused(refusal) => {
                let refusal = self.explain(&marker.user_id, refusal)?;
                return Ok(self.visited.refused(&marker.user_id, refusal)?);
            }
        }
        self.visited.has_written = true;
        Ok(())
    }

    /// Notes when others begin to be kept from writing.
    fn keep_others_waiting(&mut self) {
        self.visited.blocking.get_or_insert_with(|| Blocking::begin(false));
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
