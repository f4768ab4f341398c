//! Reading facilitators, users and markers into the addresses.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::addresses::{Addresses, Match};
use super::matched::Remembered;
use super::pages::{BYTES_AT_ONCE, Flow, Page, Pages, Reading};
use crate::error::Error;
use crate::facilitators::read_date;
use crate::marker::ID_PREFIX;
use crate::memory::OutOfMemory;
use crate::schema::Schema;
use crate::text::Text;

/// The read phase, which comes before anything is written: facilitators, users, and markers, page by page.
pub(crate) struct ReadPhase {
    stage: Stage,
    /// Whether markers are read, and the users kept to whom they may be missing.
    seeks_due: bool,
    /// Where the stage is in its table.
    pages: Pages,
    pub(crate) found: Found,
}

/// What the read phase finds, beside what it tells the addresses.
#[derive(Default)]
pub(crate) struct Found {
    /// How many of the part's facilitators have a date that can't be read.
    pub(crate) unreadable_dates: u64,
    /// How many users there are.
    pub(crate) users: u64,
    /// The users among whom owners without a marker are.
    pub(crate) owners: Remembered,
    /// Whether there is a row that may be in the place of somebody's marker.
    pub(crate) taken: bool,
}

/// What reading on came to.
pub(crate) enum Advance {
    /// So many rows were read, from the database of this data version, if it was one.
    Page { rows: u64, version: Option<u32> },
    /// The part is to be read again, in another read phase.
    BeginAgain,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Facilitators,
    Users,
    Markers,
    Finished,
}

impl ReadPhase {
    /// For those whose marker is missing.
    pub(crate) fn new(schema: &Schema) -> Self {
        Self::begin(schema, true)
    }

    /// For owners, whether they have a marker or not: facilitators and users alone are read.
    pub(crate) fn of_owners(schema: &Schema) -> Self {
        Self::begin(schema, false)
    }

    fn begin(schema: &Schema, seeks_due: bool) -> Self {
        ReadPhase {
            stage: Stage::Facilitators,
            seeks_due,
            pages: pages_of_facilitators(schema),
            found: Found::default(),
        }
    }

    /// Whether all is read.
    pub(crate) fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Reads on, at most `limit` rows. After an error, the same rows are read again.
    pub(crate) fn read(
        &mut self,
        conn: &Connection,
        schema: &Schema,
        addresses: &mut Addresses,
        limit: u64,
    ) -> Result<Advance, Error> {
        let page = match self.stage {
            Stage::Facilitators => self.read_facilitators(conn, addresses, limit)?,
            Stage::Users => self.read_users(conn, addresses, limit)?,
            Stage::Markers => self.read_markers(conn, addresses, limit)?,
            Stage::Finished => return Ok(Advance::Page { rows: 0, version: None }),
        };
        let Some(page) = page else { return Ok(Advance::BeginAgain) };
        let read = Advance::Page { rows: page.rows, version: page.version };
        if page.is_last() {
            self.enter_next_stage(schema, addresses)?;
        } else {
            self.pages.move_past(page);
        }
        Ok(read)
    }

    fn enter_next_stage(&mut self, schema: &Schema, addresses: &mut Addresses) -> Result<(), OutOfMemory> {
        match self.stage {
            Stage::Facilitators => {
                addresses.finish_adding()?;
                self.stage = Stage::Users;
                self.pages = Pages::of_users(schema);
            }
            Stage::Users => {
                addresses.finish_noting_users();
                if !self.seeks_due {
                    self.stage = Stage::Finished;
                    return Ok(());
                }
                self.stage = Stage::Markers;
                self.pages = Pages::of_table(
                    &schema.reward_addresses,
                    schema.encoding,
                    "reading reward_addresses",
                    &["user_id", "id", "address", "chain_type"],
                );
            }
            Stage::Markers | Stage::Finished => self.stage = Stage::Finished,
        }
        Ok(())
    }

    /// `None` if reading has to begin again.
    fn read_facilitators(
        &mut self,
        conn: &Connection,
        addresses: &mut Addresses,
        limit: u64,
    ) -> Result<Option<Page>, Error> {
        let (mut found, mut unreadable) = (Vec::new(), 0);
        let reading = self.pages.read(conn, limit, |row| {
            let date = read_date(row.value(1)?);
            if let Some(address) = addresses.address_of(row.value(0)?, date)? {
                unreadable += u64::from(date.is_none());
                found.push(address);
            }
            Ok(Flow::GoOn)
        })?;
        let Reading::Page(page) = reading else { return Ok(None) };
        self.found.unreadable_dates += unreadable;
        for address in found {
            addresses.add(address)?;
        }
        Ok(Some(page))
    }

    /// `None` if reading has to begin again.
    fn read_users(
        &mut self,
        conn: &Connection,
        addresses: &mut Addresses,
        limit: u64,
    ) -> Result<Option<Page>, Error> {
        let (mut found, seeks_due) = (Vec::new(), self.seeks_due);
        let mut ids = Ids::new(addresses, |user, id| {
            found.push((user, seeks_due.then(|| Text::copy(id)).transpose()?));
            Ok(())
        });
        let mut bytes = 0;
        let reading = self.pages.read(conn, limit, |row| {
            let Some(id) = row.text(0)? else { return Ok(Flow::GoOn) };
            ids.add(id)?;
            bytes += id.len();
            Ok(if bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
        })?;
        let Reading::Page(page) = reading else { return Ok(None) };
        ids.look_up()?;
        self.found.users += page.rows;
        for (user, id) in found {
            addresses.note_user(&user);
            if let Some(id) = id {
                self.found.owners.add(id);
            }
        }
        Ok(Some(page))
    }

    /// `None` if reading has to begin again.
    fn read_markers(
        &mut self,
        conn: &Connection,
        addresses: &mut Addresses,
        limit: u64,
    ) -> Result<Option<Page>, Error> {
        let (mut found, mut taken) = (Vec::new(), false);
        let mut are_seen = [false; 2];
        let mut ids = Ids::new(addresses, |user, _| {
            found.push(user);
            Ok(())
        });
        let reading = self.pages.read(conn, limit, |row| {
            let (user_id, id, address) = (row.text(0)?, row.text(1)?, row.text(2)?);
            let is_marker = row.text(3)? == Some(b"facilitator");
            for (is_seen, column) in are_seen.iter_mut().zip([0, 3]) {
                *is_seen = *is_seen || row.value(column)? != ValueRef::Null;
            }
            if let (true, Some(user_id)) = (is_marker, user_id) {
                ids.add(user_id)?;
            }
            let prefix = ID_PREFIX.as_bytes();
            let id_of = id.and_then(|id| id.strip_prefix(prefix));
            taken |= id_of.is_some() && !(is_marker && id_of == user_id)
                || !is_marker && address.is_some_and(|address| address.starts_with(prefix));
            Ok(Flow::GoOn)
        })?;
        let Reading::Page(mut page) = reading else { return Ok(None) };
        ids.look_up()?;
        for user in found {
            addresses.note_marker(&user);
        }
        self.found.taken |= taken;
        // An authorizer may hide from this statement what it shows to another one: then owners are looked up again.
        if page.rows > 0 && are_seen != [true; 2] {
            page.version = None;
        }
        Ok(Some(page))
    }
}

/// Ids that are looked up together, as many as fit in a processor's nearest memory.
struct Ids<'a, F> {
    addresses: &'a Addresses,
    /// Is given each user whom an address may mean, with the id.
    found: F,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

/// How many ids are looked up together, and how many bytes of them.
const AT_ONCE: usize = 1024;
const BYTES_TOGETHER: usize = 1 << 17;

impl<'a, F: FnMut(Match, &[u8]) -> Result<(), OutOfMemory>> Ids<'a, F> {
    fn new(addresses: &'a Addresses, found: F) -> Self {
        Ids { addresses, found, bytes: Vec::new(), ends: Vec::new(), hashes: Vec::new() }
    }

    fn add(&mut self, id: &[u8]) -> Result<(), OutOfMemory> {
        self.bytes.try_reserve(id.len())?;
        self.bytes.extend_from_slice(id);
        self.ends.push(self.bytes.len());
        if self.ends.len() == AT_ONCE || self.bytes.len() >= BYTES_TOGETHER {
            self.look_up()?;
        }
        Ok(())
    }

    /// Looks up those that were added since the last time.
    fn look_up(&mut self) -> Result<(), OutOfMemory> {
        let Ids { addresses, found, bytes, ends, hashes } = self;
        let starts = [0].into_iter().chain(ends.iter().copied());
        let ids = || starts.clone().zip(ends.iter()).map(|(start, end)| &bytes[start..*end]);
        hashes.extend(ids().map(|id| addresses.key_of_fold(id)));
        addresses.warm(hashes);
        for (hash, id) in hashes.drain(..).zip(ids()) {
            if let Some(user) = addresses.find(hash, id) {
                found(user, id)?;
            }
        }
        bytes.clear();
        ends.clear();
        Ok(())
    }
}

/// The pages of facilitators: `owner_address` and `created_at`.
pub(crate) fn pages_of_facilitators(schema: &Schema) -> Pages {
    Pages::of_table(
        &schema.facilitators,
        schema.encoding,
        "reading facilitators",
        &["owner_address", "created_at"],
    )
}
