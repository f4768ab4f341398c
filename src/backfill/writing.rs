//! Writing the markers that a survey found missing, in the order of user ids.

use std::ffi::c_int;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::knowledge::{Knowledge, rows_written};
use super::partition::{Partition, Standing};
use super::scan::{Piece, Scan};
use crate::date::Second;
use crate::enrollment::{Decision, Enrollment};
use crate::ensure;
use crate::error::Error;
use crate::facilitators;
use crate::marker::{self, Written};
use crate::obstacle::{self, BlockedMarker};
use crate::report::BackfillReport;
use crate::schema::Schema;
use crate::text::Text;
use crate::transaction::writing;
use crate::user;

/// An owner whose marker is missing, as the survey has it.
pub(super) struct Due {
    user_id: Text,
    enrollment_date: Second,
}

/// Reads on through the users, up to `rows` of them or until `owners` owners whose marker is missing are
/// found.
pub(super) fn find_due(
    conn: &Connection,
    users: &Scan,
    partition: &Partition,
    rows: u64,
    owners: u64,
) -> Result<(Vec<Due>, Piece), Error> {
    let mut due = Vec::new();
    let piece = users.read(conn, rows, |row| {
        let id = row.get_ref(0)?.as_bytes()?;
        let owner = partition.candidate(id).and_then(|user| partition.owner(&user));
        if let Some(Standing::Due(enrollment_date)) = owner.map(|index| partition.standing(index)) {
            due.push(Due { user_id: Text(id.to_vec()), enrollment_date });
            if due.len() as u64 == owners {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((due, piece))
}

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
pub(super) fn visit_blocked(conn: &Connection, due: Vec<Due>) -> Result<(Vec<Due>, Visited), Error> {
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
pub(super) fn foresee(due: &[Due]) -> Visited {
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
    due: Vec<Due>,
    verified_at: Second,
    knowledge: Knowledge,
) -> Result<Visited, Error> {
    writing(conn, || {
        let mut step = Step {
            conn,
            schema,
            writer: marker::Writer::new(conn, verified_at)?,
            undisturbed_at: rows_written(conn),
            visited: Visited { disturbed: !knowledge.holds(conn), ..Visited::default() },
        };
        let mut due = due.into_iter();
        while !step.visited.disturbed {
            let Some(Due { user_id, enrollment_date }) = due.next() else { return Ok(step.visited) };
            step.write(&user_id, enrollment_date)?;
        }
        let rest: Vec<_> = due.map(|due| due.user_id).collect();
        if !rest.is_empty() {
            step.verify_and_write(&rest)?;
        }
        Ok(step.visited)
    })
}

struct Step<'c> {
    conn: &'c Connection,
    schema: &'c Schema,
    writer: marker::Writer<'c>,
    /// What `rows_written` is as long as nothing but markers was written.
    undisturbed_at: c_int,
    visited: Visited,
}

impl Step<'_> {
    /// Writes the marker of a user who is known to exist and to have none. Tells whether that had other
    /// effects.
    fn write(&mut self, user_id: &Text, enrollment_date: Second) -> Result<bool, Error> {
        let written = self.writer.write(user_id, enrollment_date)?;
        let undisturbed_at = self.undisturbed_at.wrapping_add(1);
        self.undisturbed_at = rows_written(self.conn);
        if matches!(written, Written::Yes) && self.undisturbed_at == undisturbed_at {
            self.visited.created();
            return Ok(false);
        }
        // A trigger has written too, or something is in the marker's place.
        self.visited.disturbed = true;
        match (written, marker::find(self.conn, user_id)?) {
            (Written::Yes, Some(_)) => self.visited.created(),
            (Written::No, Some(_)) => self.visited.already_enrolled(),
            (_, None) => self.visited.blocked(BlockedMarker::of(self.conn, user_id)?),
        }
        Ok(true)
    }

    fn verify_and_write(&mut self, user_ids: &[Text]) -> Result<(), Error> {
        let (conn, schema) = (self.conn, self.schema);
        // Without an index, one look-up for each would read all facilitators each time.
        let mut dates_of_all = if schema.facilitators.is_indexed(conn, "owner_address")? {
            None
        } else {
            Some(facilitators::dates_of_all(conn, user_ids)?)
        };
        for user_id in user_ids {
            if !user::exists(conn, user_id)? {
                continue;
            }
            let dates = match &mut dates_of_all {
                Some(all) => all.remove(user_id).unwrap_or_default(),
                None => facilitators::dates_of(conn, user_id)?,
            };
            if dates.any_folded && user::case_variants(conn, schema, user_id, 2)?.len() > 1 {
                self.visited.counts.ambiguous_users += 1;
                continue;
            }
            match ensure::decide_for(conn, user_id.clone(), |_| Ok(dates))? {
                Decision::Write(user_id, date) => {
                    if self.write(&user_id, date)? {
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
