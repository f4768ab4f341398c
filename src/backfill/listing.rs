//! Going through the owners who have no marker, in bounded memory.

use std::mem;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::addresses::{Addresses, Status};
use super::refused::Refused;
use super::scan::{BYTES_AT_ONCE, Flow, Reading, Restarts, Scan};
use super::survey::{Survey, Surveyed, scan_of_facilitators};
use crate::date::Second;
use crate::error::Error;
use crate::facilitators;
use crate::fitness::Fitness;
use crate::interrupt::Interruptible;
use crate::marker;
use crate::memory::OutOfMemory;
use crate::refused::{self, Refusal};
use crate::schema::Schema;
use crate::text::Text;
use crate::unreadable::{self, UnreadableDates};
use crate::value;

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
    /// An `owner_address` that means no user, written as SQL writes it if it isn't text.
    Unknown(String),
    /// An `owner_address` that could mean several users, and the earliest date of its facilitators, if all can
    /// be read.
    Ambiguous(Text, Option<Second>),
}

/// Tells `each` everyone who is unenrolled. While it runs, no lock is held and no state of the database.
///
/// The markers that were refused in a backfill are known by `refused`.
pub(super) fn for_each(
    conn: &Interruptible<'_>,
    refused: &Refused,
    addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    mut each: impl FnMut(Unenrolled) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut addresses = addresses(facilitators::count(conn).map_err(|error| Schema::explain(conn, error))?)?;
    loop {
        let listing = Listing::survey(conn, refused, &mut addresses)?;
        listing.addresses(&mut addresses, &mut each)?;
        listing.users(&mut addresses, &mut each)?;
        if !addresses.advance() {
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

impl<'a> Listing<'a> {
    /// Reads the tables into the addresses.
    fn survey(conn: &'a Connection, refused: &'a Refused, addresses: &mut Addresses) -> Result<Self, Error> {
        let mut restarts = Restarts::default();
        'again: loop {
            let schema = Schema::read(conn)?;
            let mut survey = Survey::new(&schema);
            while !survey.is_finished() {
                if let Surveyed::ToBeginAgain = survey.read(conn, &schema, addresses, ROWS)? {
                    restarts.add(conn)?;
                    addresses.clear();
                    continue 'again;
                }
            }
            let fitness = Fitness::read(conn)?;
            let by_owner = schema.facilitators.index_on(conn, "owner_address")?;
            return Ok(Listing { conn, schema, fitness, by_owner, refused });
        }
    }

    /// The owner addresses that mean no user, or could mean several.
    fn addresses(
        &self,
        addresses: &mut Addresses,
        each: &mut impl FnMut(Unenrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut facilitators = scan_of_facilitators(&self.schema);
        let mut restarts = Restarts::default();
        loop {
            let (mut found, mut bytes) = (Vec::new(), 0);
            let reading = facilitators.read(self.conn, ROWS, |row| {
                let owner_address = row.value(0)?;
                let address = addresses.address_of(owner_address, None)?;
                let Some(number) = address.and_then(|address| addresses.number_of(&address)) else {
                    return Ok(Flow::GoOn);
                };
                let status = addresses.status(number);
                if matches!(status, Status::UnknownUser | Status::AmbiguousUser) && addresses.list(number) {
                    bytes += bytes_of(owner_address);
                    found.push(match (status, owner_address) {
                        (Status::AmbiguousUser, ValueRef::Text(text)) => {
                            Unenrolled::Ambiguous(Text::copy(text)?, addresses.date(number))
                        }
                        (_, owner_address) => Unenrolled::Unknown(value::display(owner_address)?),
                    });
                }
                Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
            })?;
            found.into_iter().try_for_each(&mut *each)?;
            let Reading::Piece(piece) = reading else {
                restarts.add(self.conn)?;
                // Those that were told of are marked.
                facilitators = scan_of_facilitators(&self.schema);
                continue;
            };
            if piece.is_last() {
                return Ok(());
            }
            facilitators.move_past(piece);
        }
    }

    /// The users to whom facilitators belong.
    fn users(
        &self,
        addresses: &mut Addresses,
        each: &mut impl FnMut(Unenrolled) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut users, mut restarts) = (Scan::of_users(&self.schema), Restarts::default());
        let (mut unreadable, mut unreadable_bytes) = (Vec::new(), 0);
        loop {
            let (mut due, mut bytes) = (Vec::new(), 0);
            let reading = users.read(self.conn, ROWS, |row| {
                let Some(id) = row.text(0)? else { return Ok(Flow::GoOn) };
                match addresses.status_of_owner(id) {
                    Some(Status::Due(date)) => due.push((Text::copy(id)?, date)),
                    Some(Status::UnreadableDate) => unreadable.push(Text::copy(id)?),
                    _ => return Ok(Flow::GoOn),
                }
                bytes += id.len();
                Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
            })?;
            let Reading::Piece(piece) = reading else {
                restarts.add(self.conn)?;
                users = Scan::of_users(&self.schema);
                continue;
            };
            unreadable_bytes += bytes;
            for user_id in due.iter().map(|(user_id, _)| user_id).chain(&unreadable) {
                // Should users be read again, they have been told of.
                addresses.note_visited(&user_id.0);
            }
            for (user_id, date) in due {
                if let Some(unenrolled) = self.of_due(user_id, date)? {
                    each(unenrolled)?;
                }
            }
            let is_enough = unreadable.len() as u64 >= ROWS || unreadable_bytes >= BYTES_AT_ONCE;
            if self.by_owner.is_some() || piece.is_last() || is_enough {
                unreadable_bytes = 0;
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

fn bytes_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 0,
    }
}
