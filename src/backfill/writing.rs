//! Writing the markers that a survey found missing, in the order of user ids.

use std::slice;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::knowledge::Knowledge;
use super::verification::Verification;
use crate::date::Second;
use crate::error::Error;
use crate::marker::{self, NewMarker, Writer, Written};
use crate::refused::{self, RefusedMarker};
use crate::report::BackfillReport;
use crate::schema::Schema;
use crate::text::Text;
use crate::transaction::{others_commit_while_reading, reading_then_writing, writing};
use crate::user;

/// What became of some owners.
#[derive(Default)]
pub(super) struct Visited {
    pub(super) counts: BackfillReport,
    pub(super) blocked: u64,
    pub(super) first_blocked: Option<RefusedMarker>,
    /// Whether something other than the markers was written since the survey.
    pub(super) disturbed: bool,
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

    fn blocked(&mut self, marker: RefusedMarker) {
        self.counts.owners += 1;
        self.blocked += 1;
        self.first_blocked.get_or_insert(marker);
    }
}

/// Visits those owners whose marker's place is taken, and gives back the others. Only reads.
pub(super) fn visit_blocked(
    conn: &Connection,
    due: Vec<NewMarker>,
) -> Result<(Vec<NewMarker>, Visited), Error> {
    let mut visited = Visited::default();
    let mut obstacles = refused::Search::new(conn)?;
    let mut users = user::Search::new(conn)?;
    let mut others = Vec::new();
    for due in due {
        match obstacles.find(&due.user_id)? {
            // The user may be gone, or enrolled, since the survey.
            Some(obstacle) if users.exists(&due.user_id)? && marker::find(conn, &due.user_id)?.is_none() => {
                visited.blocked(RefusedMarker { user_id: due.user_id.to_display(), obstacle });
            }
            _ => others.push(due),
        }
    }
    Ok((others, visited))
}

/// Visits owners without writing: foresees what [`write()`] would do.
pub(super) fn foresee(due: &[NewMarker]) -> Visited {
    let mut visited = Visited::default();
    due.iter().for_each(|_| visited.created());
    visited
}

/// Visits owners and writes their markers, all or none, in one transaction.
///
/// If what is known of them still holds, they are written as they are. Otherwise each is looked up again: a
/// marker is right when it is committed. All reading comes before the write lock, and only if somebody else was
/// faster, or is writing, is it done again under the lock.
pub(super) fn write(
    conn: &Connection,
    schema: &Schema,
    due: &[NewMarker],
    verified_at: Second,
    knowledge: Knowledge,
) -> Result<Visited, Error> {
    let visit = |blocking_since: Option<Instant>| {
        let writer = Writer::new(conn, verified_at)?;
        let writer = if Schema::has_triggers(conn)? { writer } else { writer.in_batches(due.len()) };
        let mut step = Step { conn, schema, writer, verification: None, visited: Visited::default() };
        // The schema was read by now, so this is asked of the state that all further reading is of.
        let verified = if knowledge.holds(conn) { None } else { Some(step.verify(due)?) };
        let still_due = verified.as_deref().unwrap_or(due);
        let blocking_since = blocking_since.or_else(|| (!still_due.is_empty()).then(Instant::now));
        step.write_all(still_due)?;
        step.visited.disturbed |= verified.is_some();
        Ok((step.visited, blocking_since))
    };
    let reading_blocks_since = (!others_commit_while_reading(conn)?).then(Instant::now);
    let (visited, blocking_since) = match reading_then_writing(conn, || visit(reading_blocks_since))? {
        Some(done) => done,
        None => writing(conn, || visit(Some(Instant::now())))?,
    };
    Ok(Visited { blocking: blocking_since.map_or(Duration::ZERO, |since| since.elapsed()), ..visited })
}

struct Step<'c> {
    conn: &'c Connection,
    schema: &'c Schema,
    writer: Writer<'c>,
    verification: Option<Verification<'c>>,
    visited: Visited,
}

impl Step<'_> {
    /// The markers among these that are still to be written; the other owners are counted.
    fn verify(&mut self, due: &[NewMarker]) -> Result<Vec<NewMarker>, Error> {
        let verification = match &mut self.verification {
            Some(verification) => verification,
            none => none.insert(Verification::new(self.conn, self.schema)?),
        };
        verification.still_due(due, &mut self.visited)
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
        if self.writer.write_batch(now)? == batch {
            now.iter().for_each(|_| self.visited.created());
        } else {
            // Nobody else can write, so those that are there now were created.
            for marker in now {
                self.count(&marker.user_id, Written::Alone)?;
            }
        }
        Ok(later)
    }

    fn write_one(&mut self, marker: &NewMarker) -> Result<(), Error> {
        let written = self.writer.write(marker)?;
        if written == Written::Alone {
            self.visited.created();
            return Ok(());
        }
        // A trigger has written too, or something is in the marker's place.
        self.visited.disturbed = true;
        self.count(&marker.user_id, written)
    }

    /// Counts what became of a user's marker, by looking for it.
    fn count(&mut self, user_id: &Text, written: Written) -> Result<(), Error> {
        match (written, marker::find(self.conn, user_id)?) {
            (Written::No, Some(_)) => self.visited.already_enrolled(),
            (_, Some(_)) => self.visited.created(),
            (_, None) => self.visited.blocked(RefusedMarker::of(self.conn, user_id)?),
        }
        Ok(())
    }
}
