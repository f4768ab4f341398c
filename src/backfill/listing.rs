//! Going through the owners who have no marker, in bounded memory.

use std::mem;

use rusqlite::Connection;

use super::partition::{Partition, Standing};
use super::refused::Refused;
use super::scan::{Flow, Scan};
use super::survey::{Survey, scan_of_facilitators};
use crate::date::Second;
use crate::error::Error;
use crate::facilitators;
use crate::fitness::Fitness;
use crate::marker;
use crate::refused::{self, Refusal};
use crate::schema::Schema;
use crate::text::Text;
use crate::unreadable::{self, UnreadableDates};
use crate::value::Value;

/// How many rows are read at a time.
const ROWS: u64 = 8_192;

/// An owner who has no marker, or an address that means no owner for sure.
pub(super) enum Unenrolled {
    /// A backfill would write this marker.
    Due(Text, Second),
    /// The database doesn't take the user's marker.
    Refused(Text, Refusal),
    /// Facilitators of this user have a date that can't be read.
    Unreadable(Text, UnreadableDates),
    /// An `owner_address` that means no user.
    Unknown(Value),
    /// An `owner_address` that could mean several users, and the earliest date of its facilitators, if all can
    /// be read.
    Ambiguous(Text, Option<Second>),
}

/// Tells `each` everyone who is unenrolled. While it runs, no statement is open.
///
/// The markers that were refused in a backfill are known by `refused`.
pub(super) fn for_each(
    conn: &Connection,
    refused: &Refused,
    partition: impl FnOnce(u64) -> Partition,
    mut each: impl FnMut(Unenrolled) -> Result<(), Error>,
) -> Result<(), Error> {
    let schema = Schema::read(conn)?;
    let listing = Listing {
        conn,
        fitness: Fitness::read(conn)?,
        by_owner: schema.facilitators.index_on(conn, "owner_address")?,
        schema,
        refused,
    };
    let mut partition = partition(facilitators::count(conn)?);
    loop {
        let mut survey = Survey::new(&listing.schema);
        while !survey.is_finished() {
            survey.read(conn, &listing.schema, &mut partition, ROWS)?;
        }
        listing.addresses(&mut partition, &mut each)?;
        listing.users(&partition, &mut each)?;
        if !partition.advance() {
            return Ok(());
        }
    }
}

struct Listing<'a> {
    conn: &'a Connection,
    schema: Schema,
    fitness: Fitness,
    /// The collation of the index that finds facilitators by owner, if there is one.
    by_owner: Option<&'static str>,
    refused: &'a Refused,
}

impl Listing<'_> {
    /// The owner addresses that mean no user, or could mean several.
    fn addresses(
        &self,
        partition: &mut Partition,
        each: &mut impl FnMut(Unenrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut facilitators = scan_of_facilitators(&self.schema);
        loop {
            let mut found = Vec::new();
            let piece = facilitators.read(self.conn, ROWS, |row| {
                let owner_address = row.value(0)?;
                let facilitator = partition.facilitator(owner_address, None);
                let Some(index) = facilitator.and_then(|facilitator| partition.index_of(&facilitator)) else {
                    return Ok(Flow::GoOn);
                };
                let standing = partition.standing(index);
                if matches!(standing, Standing::Unknown | Standing::Ambiguous) && partition.list(index) {
                    found.push(match (standing, Value::from(owner_address)) {
                        (Standing::Ambiguous, Value::Text(text)) => {
                            Unenrolled::Ambiguous(text, partition.date(index))
                        }
                        (_, owner_address) => Unenrolled::Unknown(owner_address),
                    });
                }
                Ok(Flow::GoOn)
            })?;
            found.into_iter().try_for_each(&mut *each)?;
            if piece.is_last() {
                return Ok(());
            }
            facilitators.move_past(piece);
        }
    }

    /// The users to whom facilitators belong.
    fn users(
        &self,
        partition: &Partition,
        each: &mut impl FnMut(Unenrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut users = Scan::of_users(&self.schema);
        let mut unreadable = Vec::new();
        loop {
            let mut due = Vec::new();
            let piece = users.read(self.conn, ROWS, |row| {
                let Some(id) = row.text(0)? else { return Ok(Flow::GoOn) };
                match partition.standing_of(id) {
                    Some(Standing::Due(date)) => due.push((Text(id.to_vec()), date)),
                    Some(Standing::Unreadable) => unreadable.push(Text(id.to_vec())),
                    _ => {}
                }
                Ok(Flow::GoOn)
            })?;
            for (user_id, date) in due {
                if let Some(unenrolled) = self.of_due(user_id, date)? {
                    each(unenrolled)?;
                }
            }
            if self.by_owner.is_some() || piece.is_last() || unreadable.len() as u64 >= ROWS {
                self.of_unreadable(mem::take(&mut unreadable), each)?;
            }
            if piece.is_last() {
                return Ok(());
            }
            users.move_past(piece);
        }
    }

    /// What a backfill would do for a user whose marker is missing.
    fn of_due(&self, user_id: Text, date: Second) -> Result<Option<Unenrolled>, Error> {
        let refusal = match self.fitness.refusal().or_else(|| self.refused.refusal_of(&user_id)) {
            Some(refusal) => Some(refusal.clone()),
            None => refused::Search::new(self.conn)?.find(&user_id)?,
        };
        Ok(match refusal {
            None => Some(Unenrolled::Due(user_id, date)),
            // Whoever is told may have enrolled the user.
            Some(_) if marker::find(self.conn, &user_id)?.is_some() => None,
            Some(refusal) => Some(Unenrolled::Refused(user_id, refusal)),
        })
    }

    /// The users with their facilitators that have to be mended.
    fn of_unreadable(
        &self,
        user_ids: Vec<Text>,
        each: &mut impl FnMut(Unenrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut of_all = match self.by_owner {
            None if !user_ids.is_empty() => {
                unreadable::of_all(self.conn, &self.schema, &user_ids.iter().collect::<Vec<_>>())?
            }
            _ => Vec::new(),
        }
        .into_iter();
        for user_id in user_ids {
            let dates = match self.by_owner {
                Some(index) => unreadable::of(self.conn, &self.schema, index, &user_id)?,
                None => of_all.next().unwrap_or_default(),
            };
            // Whoever is told may have mended them.
            if dates.count > 0 {
                each(Unenrolled::Unreadable(user_id, dates))?;
            }
        }
        Ok(())
    }
}
