//! Going through the owners who have no marker, in bounded memory.

use std::collections::VecDeque;
use std::mem;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::refused_markers::RefusedMarkers;
use crate::date::Second;
use crate::error::{Error, Refusal};
use crate::facilitators;
use crate::fitness::Fitness;
use crate::join::addresses::{Addresses, Status};
use crate::join::laps::Restarts;
use crate::join::pages::{BYTES_AT_ONCE, Flow, Page, Pages, Reading};
use crate::join::read::{Advance, ReadPhase, pages_of_facilitators};
use crate::marker;
use crate::memory::OutOfMemory;
use crate::refused;
use crate::savepoint::noting_lost_transaction;
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

/// Where a listing of everyone who is unenrolled stands. It holds nothing of the connection: between two of them no lock is
/// held and no state of the database.
pub(super) struct Listing {
    addresses: Addresses,
    schema: Schema,
    fitness: Fitness,
    stage: Stage,
    restarts: Restarts,
    /// Those of the last page who are to be listed.
    found: VecDeque<Unenrolled>,
    /// Users whose facilitators have to be mended, which are named of many users at once where whole tables are read for
    /// that.
    unreadable: Vec<Text>,
    unreadable_bytes: usize,
}

enum Stage {
    /// The tables are to be read.
    Beginning,
    /// Reading them into the addresses.
    Reading(Box<ReadPhase>),
    /// Reading the facilitators again, for the addresses that mean no user or several.
    Addresses(Box<Pages>),
    /// Reading the users again, for those to whom facilitators belong.
    Users(Box<Pages>),
    Finished,
}

impl Listing {
    /// Begins, with room for the addresses of so many facilitators as these have.
    pub(super) fn new(
        conn: &Connection,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        noting_lost_transaction(conn, || {
            let schema = Schema::read(conn)?;
            let facilitators = facilitators::count(conn).map_err(|error| Schema::explain(conn, error))?;
            Ok(Listing {
                addresses: addresses(facilitators)?,
                schema,
                fitness: Fitness::default(),
                stage: Stage::Beginning,
                restarts: Restarts::default(),
                found: VecDeque::new(),
                unreadable: Vec::new(),
                unreadable_bytes: 0,
            })
        })
    }

    /// The next one; nothing once all have been listed. The markers that were refused in a backfill are known by `refused`.
    pub(super) fn next(
        &mut self,
        conn: &Connection,
        refused: &RefusedMarkers,
    ) -> Result<Option<Unenrolled>, Error> {
        noting_lost_transaction(conn, || {
            loop {
                match self.found.pop_front() {
                    // Whoever was told of the others may have enrolled the user.
                    Some(Unenrolled::Refused(user_id, _)) if marker::find(conn, &user_id)?.is_some() => {}
                    None if !matches!(self.stage, Stage::Finished) => self.read(conn, refused)?,
                    found => return Ok(found),
                }
            }
        })
    }

    /// Reads the next page.
    fn read(&mut self, conn: &Connection, refused: &RefusedMarkers) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Beginning => {
                self.schema = Schema::read(conn)?;
                self.stage = Stage::Reading(Box::new(ReadPhase::new(&self.schema)));
            }
            Stage::Reading(phase) => match phase.read(conn, &self.schema, &mut self.addresses, ROWS)? {
                Advance::BeginAgain => {
                    self.restarts.add(conn)?;
                    self.addresses.clear();
                    self.stage = Stage::Beginning;
                }
                Advance::Page { .. } if phase.is_finished() => {
                    self.fitness = Fitness::read(conn)?;
                    self.stage = Stage::Addresses(Box::new(pages_of_facilitators(&self.schema)));
                }
                Advance::Page { .. } => {}
            },
            Stage::Addresses(pages) => match read_addresses(pages, conn, &mut self.addresses)? {
                None => {
                    self.restarts.add(conn)?;
                    **pages = pages_of_facilitators(&self.schema);
                }
                Some((found, page)) => {
                    self.found.extend(found);
                    if page.is_last() {
                        self.stage = Stage::Users(Box::new(Pages::of_users(&self.schema)));
                    } else {
                        pages.move_past(page);
                    }
                }
            },
            Stage::Users(pages) => match read_users(pages, conn, &self.addresses)? {
                None => {
                    self.restarts.add(conn)?;
                    **pages = Pages::of_users(&self.schema);
                }
                Some((found, page)) => {
                    let is_last = page.is_last();
                    if !is_last {
                        pages.move_past(page);
                    }
                    self.keep(conn, refused, found)?;
                    self.name_unreadable(conn, is_last)?;
                    if is_last {
                        self.restarts = Restarts::default();
                        self.stage =
                            if self.addresses.advance() { Stage::Beginning } else { Stage::Finished };
                    }
                }
            },
            Stage::Finished => {}
        }
        Ok(())
    }

    /// Keeps the users of a page, with what a backfill would do for them.
    fn keep(
        &mut self,
        conn: &Connection,
        refused: &RefusedMarkers,
        users: Vec<(Text, Option<Second>)>,
    ) -> Result<(), Error> {
        let mut search = refused::Search::new(conn)?;
        for (user_id, date) in users {
            // Should users be read again, they have been listed.
            self.addresses.note_visited(&user_id.0);
            let Some(date) = date else {
                self.unreadable_bytes += user_id.0.len();
                self.unreadable.push(user_id);
                continue;
            };
            let refusal = match self.fitness.refusal().or_else(|| refused.refusal_of(&user_id)) {
                Some(refusal) => Some(refusal.clone()),
                None => search.find(&user_id)?,
            };
            self.found.push_back(match refusal {
                None => Unenrolled::Due(user_id, date),
                Some(refusal) => Unenrolled::Refused(user_id, refusal),
            });
        }
        Ok(())
    }

    /// Names the facilitators to mend of those users who wait for it, if it is time.
    fn name_unreadable(&mut self, conn: &Connection, is_last: bool) -> Result<(), Error> {
        if self.unreadable.is_empty() {
            return Ok(());
        }
        let mut search = unreadable::Search::new(conn, &self.schema)?;
        let are_many = self.unreadable.len() as u64 >= ROWS || self.unreadable_bytes >= BYTES_AT_ONCE;
        if !(search.looks_up() || are_many || is_last) {
            return Ok(());
        }
        self.unreadable_bytes = 0;
        let user_ids = mem::take(&mut self.unreadable);
        // Of each, up to a hundred facilitators are named.
        let at_once = if search.looks_up() { 1 } else { user_ids.len() };
        let mut dates = Vec::with_capacity(user_ids.len());
        for user_ids in user_ids.chunks(at_once) {
            dates.extend(search.of(&Vec::from_iter(user_ids))?);
        }
        for (user_id, dates) in user_ids.into_iter().zip(dates) {
            // Somebody may have mended them.
            if dates.count > 0 {
                self.found.push_back(Unenrolled::Unreadable(user_id, dates));
            }
        }
        Ok(())
    }
}

/// The owner addresses of a page that mean no user, or could mean several; nothing where rows have been moved.
fn read_addresses(
    pages: &Pages,
    conn: &Connection,
    addresses: &mut Addresses,
) -> Result<Option<(Vec<Unenrolled>, Page)>, Error> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    let reading = pages.read(conn, ROWS, |row| {
        let owner_address = row.value(0)?;
        let address = addresses.address_of(owner_address, None)?;
        let Some(number) = address.and_then(|address| addresses.number_of(&address)) else {
            return Ok(Flow::GoOn);
        };
        let status = addresses.status(number);
        // Should facilitators be read again, those that were listed are marked.
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
    let Reading::Page(page) = reading else { return Ok(None) };
    Ok(Some((found, page)))
}

/// The users of a page to whom facilitators belong and who have no marker, with their dates, if all can be read; nothing
/// where rows have been moved.
#[allow(clippy::type_complexity, reason = "users with their dates, and the page")]
fn read_users(
    pages: &Pages,
    conn: &Connection,
    addresses: &Addresses,
) -> Result<Option<(Vec<(Text, Option<Second>)>, Page)>, Error> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    let reading = pages.read(conn, ROWS, |row| {
        let Some(id) = row.text(0)? else { return Ok(Flow::GoOn) };
        match addresses.status_of_owner(id) {
            Some(Status::Due(date)) => found.push((Text::copy(id)?, Some(date))),
            Some(Status::UnreadableDate) => found.push((Text::copy(id)?, None)),
            _ => return Ok(Flow::GoOn),
        }
        bytes += id.len();
        Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
    })?;
    let Reading::Page(page) = reading else { return Ok(None) };
    Ok(Some((found, page)))
}

fn bytes_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 0,
    }
}
