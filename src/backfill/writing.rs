//! Writing the markers that a survey found missing, in the order of user ids.

use rusqlite::Connection;

use super::knowledge::Knowledge;
use crate::date::Second;
use crate::enrollment::{Decision, Enrollment};
use crate::ensure;
use crate::error::Error;
use crate::facilitators;
use crate::marker::{self, NewMarker, Writer, Written};
use crate::obstacle::{self, BlockedMarker};
use crate::report::BackfillReport;
use crate::schema::Schema;
use crate::text::Text;
use crate::transaction::writing;
use crate::user;

/// What became of some owners.
#[derive(Default)]
pub(super) struct Visited {
    pub(super) counts: BackfillReport,
    pub(super) blocked: u64,
    pub(super) first_blocked: Option<BlockedMarker>,
    /// Whether something other than the markers was written meanwhile, by the host's triggers.
    pub(super) disturbed: bool,
}

impl Visited {
    fn already_enrolled(&mut self) {
        self.counts.owners += 1;
        self.counts.already_enrolled += 1;
    }

    fn created(&mut self) {
        self.counts.owners += 1;
        self.counts.created += 1;
    }

    fn blocked(&mut self, marker: BlockedMarker) {
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
    let mut obstacles = obstacle::Search::new(conn)?;
    let mut others = Vec::new();
    for due in due {
        match obstacles.find(&due.user_id)? {
            None => others.push(due),
            Some(obstacle) => {
                visited.blocked(BlockedMarker { user_id: due.user_id.to_display(), obstacle });
            }
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
/// If what is known of these owners still holds, they are written as they are. Otherwise each is looked up
/// again first, under the write lock: a marker is right when it is committed.
pub(super) fn write(
    conn: &Connection,
    schema: &Schema,
    due: Vec<NewMarker>,
    verified_at: Second,
    knowledge: Knowledge,
) -> Result<Visited, Error> {
    writing(conn, || {
        let mut writer = Writer::new(conn, verified_at)?;
        if !Schema::has_triggers(conn)? {
            writer = writer.in_batches(due.len());
        }
        let visited = Visited { disturbed: !knowledge.holds(conn), ..Visited::default() };
        let mut step = Step { conn, schema, writer, visited };
        let mut rest = due.as_slice();
        while !step.visited.disturbed && !rest.is_empty() {
            rest = step.write_next(rest)?;
        }
        if !rest.is_empty() {
            let user_ids: Vec<_> = rest.iter().map(|marker| marker.user_id.clone()).collect();
            step.verify_and_write(&user_ids)?;
        }
        Ok(step.visited)
    })
}

struct Step<'c> {
    conn: &'c Connection,
    schema: &'c Schema,
    writer: Writer<'c>,
    visited: Visited,
}

impl Step<'_> {
    /// Writes the next markers, and gives those that come after them.
    fn write_next<'m>(&mut self, markers: &'m [NewMarker]) -> Result<&'m [NewMarker], Error> {
        let batch = self.writer.batch();
        if batch == 0 || markers.len() < batch {
            self.write(&markers[0])?;
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

    /// Writes the marker of a user who is known to exist and to have none. Tells whether that had other
    /// effects.
    fn write(&mut self, marker: &NewMarker) -> Result<bool, Error> {
        let written = self.writer.write(marker)?;
        if written == Written::Alone {
            self.visited.created();
            return Ok(false);
        }
        // A trigger has written too, or something is in the marker's place.
        self.visited.disturbed = true;
        self.count(&marker.user_id, written)?;
        Ok(true)
    }

    /// Counts what became of a user's marker, by looking for it.
    fn count(&mut self, user_id: &Text, written: Written) -> Result<(), Error> {
        match (written, marker::find(self.conn, user_id)?) {
            (Written::No, Some(_)) => self.visited.already_enrolled(),
            (_, Some(_)) => self.visited.created(),
            (_, None) => self.visited.blocked(BlockedMarker::of(self.conn, user_id)?),
        }
        Ok(())
    }

    fn verify_and_write(&mut self, user_ids: &[Text]) -> Result<(), Error> {
        let (conn, schema) = (self.conn, self.schema);
        let mut users = user::Search::new(conn)?;
        let mut case_variants = user::CaseVariants::new(conn, schema)?;
        let mut markers = marker::Search::new(conn)?;
        let mut facilitators = facilitators::Search::new(conn)?;
        // Without an index, one look-up for each would read all facilitators each time.
        let mut dates_of_all = if schema.facilitators.is_indexed(conn, "owner_address")? {
            None
        } else {
            Some(facilitators::dates_of_all(conn, user_ids)?)
        };
        for user_id in user_ids {
            if !users.exists(user_id)? {
                continue;
            }
            let dates = match &mut dates_of_all {
                Some(all) => all.remove(user_id).unwrap_or_default(),
                None => facilitators.dates_of(user_id)?,
            };
            if dates.any_folded && case_variants.of(user_id, 2)?.len() > 1 {
                self.visited.counts.ambiguous_users += 1;
                continue;
            }
            match ensure::decide_for(user_id.clone(), markers.find(user_id)?, |_| Ok(dates))? {
                Decision::Write(marker) => {
                    if self.write(&marker)? {
                        // What a trigger wrote may concern the owners that follow.
                        dates_of_all = None;
                    }
                }
                Decision::Settled(Enrollment::AlreadyEnrolled(_)) => self.visited.already_enrolled(),
                Decision::Settled(Enrollment::NoReadableDate) => {
                    self.visited.counts.owners += 1;
                    self.visited.counts.no_readable_date += 1;
                }
                Decision::Settled(_) => {}
            }
        }
        Ok(())
    }
}
