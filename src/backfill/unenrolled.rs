//! Going through the owners who have no marker, in bounded memory.

use std::mem;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::refused_markers::RefusedMarkers;
use crate::date::Second;
use crate::error::{Error, Refusal};
use crate::facilitators;
use crate::fitness::Fitness;
use crate::interrupt::Interruptible;
use crate::join::addresses::{Addresses, Status};
use crate::join::laps::Restarts;
use crate::join::pages::{BYTES_AT_ONCE, Flow, Pages, Record, read_whole};
use crate::join::read::{Advance, ReadPhase, pages_of_facilitators};
use crate::marker;
use crate::memory::OutOfMemory;
use crate::refused;
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

/// Who is told. If that fails, so does the call. As one type it is compiled once for both lists.
type Each<'e> = &'e mut dyn FnMut(Unenrolled) -> Result<(), Error>;

/// Tells `each` everyone who is unenrolled. While it runs, no lock is held and no state of the database.
///
/// The markers that were refused in a backfill are known by `refused`.
pub(super) fn for_each(
    conn: &Interruptible<'_>,
    refused: &RefusedMarkers,
    addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    each: Each<'_>,
) -> Result<(), Error> {
    let mut addresses = addresses(facilitators::count(conn).map_err(|error| Schema::explain(conn, error))?)?;
    loop {
        let listing = Listing::read(conn, refused, &mut addresses)?;
        listing.addresses(&mut addresses, each)?;
        listing.users(&mut addresses, each)?;
        if !addresses.advance() {
            return Ok(());
        }
    }
}

struct Listing<'a> {
    conn: &'a Connection,
    schema: Schema,
    fitness: Fitness,
    refused: &'a RefusedMarkers,
}

impl<'a> Listing<'a> {
    /// Reads the tables into the addresses.
    fn read(
        conn: &'a Connection,
        refused: &'a RefusedMarkers,
        addresses: &mut Addresses,
    ) -> Result<Self, Error> {
        let mut restarts = Restarts::default();
        'again: loop {
            let schema = Schema::read(conn)?;
            let mut phase = ReadPhase::new(&schema);
            while !phase.is_finished() {
                if let Advance::BeginAgain = phase.read(conn, &schema, addresses, ROWS)? {
                    restarts.add(conn)?;
                    addresses.clear();
                    continue 'again;
                }
            }
            let fitness = Fitness::read(conn)?;
            return Ok(Listing { conn, schema, fitness, refused });
        }
    }

    /// The owner addresses that mean no user, or could mean several.
    fn addresses(&self, addresses: &mut Addresses, each: Each<'_>) -> Result<(), Error> {
        let pages = || pages_of_facilitators(&self.schema);
        let mut gathered = Gathered { addresses, found: Vec::new(), bytes: 0 };
        let read = |Gathered { addresses, found, bytes }: &mut Gathered<'_, Unenrolled>,
                    row: &Record<'_, '_>| {
            let owner_address = row.value(0)?;
            let address = addresses.address_of(owner_address, None)?;
            let Some(number) = address.and_then(|address| addresses.number_of(&address)) else {
                return Ok(Flow::GoOn);
            };
            let status = addresses.status(number);
            // Should facilitators be read again, those that were told of are marked.
            if matches!(status, Status::UnknownUser | Status::AmbiguousUser) && addresses.list(number) {
                *bytes += bytes_of(owner_address);
                found.push(match (status, owner_address) {
                    (Status::AmbiguousUser, ValueRef::Text(text)) => {
                        Unenrolled::Ambiguous(Text::copy(text)?, addresses.date(number))
                    }
                    (_, owner_address) => Unenrolled::Unknown(value::display(owner_address)?),
                });
            }
            Ok(if *bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
        };
        read_whole(self.conn, pages, ROWS, &mut gathered, read, |gathered, _| {
            gathered.take().into_iter().try_for_each(&mut *each)
        })
    }

    /// The users to whom facilitators belong.
    fn users(&self, addresses: &mut Addresses, each: Each<'_>) -> Result<(), Error> {
        let mut search = unreadable::Search::new(self.conn, &self.schema)?;
        let (mut unreadable, mut unreadable_bytes) = (Vec::new(), 0);
        let pages = || Pages::of_users(&self.schema);
        let mut gathered = Gathered { addresses, found: Vec::new(), bytes: 0 };
        let read = |Gathered { addresses, found, bytes }: &mut Gathered<'_, (Text, Option<Second>)>,
                    row: &Record<'_, '_>| {
            let Some(id) = row.text(0)? else { return Ok(Flow::GoOn) };
            match addresses.status_of_owner(id) {
                Some(Status::Due(date)) => found.push((Text::copy(id)?, Some(date))),
                Some(Status::UnreadableDate) => found.push((Text::copy(id)?, None)),
                _ => return Ok(Flow::GoOn),
            }
            *bytes += id.len();
            Ok(if *bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
        };
        read_whole(self.conn, pages, ROWS, &mut gathered, read, |gathered, page| {
            for (user_id, date) in gathered.take() {
                // Should users be read again, they have been told of.
                gathered.addresses.note_visited(&user_id.0);
                match date {
                    Some(date) => self.of_due(user_id, date)?.into_iter().try_for_each(&mut *each)?,
                    None => {
                        unreadable_bytes += user_id.0.len();
                        unreadable.push(user_id);
                    }
                }
            }
            let is_enough = unreadable.len() as u64 >= ROWS || unreadable_bytes >= BYTES_AT_ONCE;
            if search.looks_up() || page.is_last() || is_enough {
                unreadable_bytes = 0;
                tell_unreadable(&mut search, mem::take(&mut unreadable), each)?;
            }
            Ok(())
        })
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
}

/// Tells `each` these users, with their facilitators that have to be mended.
fn tell_unreadable(
    search: &mut unreadable::Search<'_>,
    user_ids: Vec<Text>,
    each: Each<'_>,
) -> Result<(), Error> {
    // Of each, up to a hundred facilitators are named.
    let at_once = if search.looks_up() { 1 } else { user_ids.len() };
    let mut user_ids = user_ids.into_iter();
    while user_ids.len() > 0 {
        let dates = search.of(&Vec::from_iter(user_ids.as_slice().iter().take(at_once)))?;
        for (dates, user_id) in dates.into_iter().zip(&mut user_ids) {
            // Whoever is told may have mended them.
            if dates.count > 0 {
                each(Unenrolled::Unreadable(user_id, dates))?;
            }
        }
    }
    Ok(())
}

/// Those on a page who are to be told of.
struct Gathered<'a, T> {
    addresses: &'a mut Addresses,
    found: Vec<T>,
    bytes: usize,
}

impl<T> Gathered<'_, T> {
    fn take(&mut self) -> Vec<T> {
        self.bytes = 0;
        mem::take(&mut self.found)
    }
}

fn bytes_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 0,
    }
}
