//! The build side of the backfill's hash join: every distinct `owner_address`, with what is known of it.

mod directory;

use std::hint::black_box;

use rusqlite::types::ValueRef;

use self::directory::Directory;
use super::hash::{Case, TextHasher};
use crate::date::Second;
use crate::memory::{OutOfMemory, room};
use crate::text::is_folded;
use crate::value;

/// The memory bound: about this many addresses, of 32 bytes each, are held at once (48 MiB).
const CAPACITY: u64 = 3 << 19;

/// How many addresses fit into a processor's near memory.
const NEAR: usize = 1 << 13;

/// The addresses of one part of the facilitators, which users and markers are then joined to.
///
/// It is a hash join in bounded memory: where the addresses don't fit, they are divided by their hash into parts, and
/// the tables are read once for each. An address and all ids that could mean it fold to one text, whose hash decides
/// the part: so all that can make an address ambiguous is seen in its own part.
///
/// Addresses are held as two hashes, by hashers that are drawn anew for each backfill: that two texts are taken for
/// one is less likely than that the machine's memory is wrong.
pub(crate) struct Addresses {
    key_hasher: TextHasher,
    check_hasher: TextHasher,
    part: u64,
    parts: u64,
    /// Sorted once all are added.
    all: Vec<Address>,
    directory: Directory,
    /// Whether one of them has an upper-case letter, so that an id may be an address too.
    any_mixed: bool,
}

/// One distinct `owner_address`.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    key: u64,
    check: u64,
    /// The hash of the id of the user it means, once one is found; of an alias, the number of the address that stands
    /// for it.
    user: u64,
    /// Seconds above the lowest byte, or [`Address::NO_DATE`]; the marks below are in that byte.
    date_and_marks: i64,
}

/// What an address comes to, once it is joined to users and markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It means no user.
    UnknownUser,
    /// It could mean several users.
    AmbiguousUser,
    /// It is a user's id with upper-case letters, and the id in lower case, which may be ambiguous, stands for it.
    Alias,
    /// It means a user who has a marker.
    AlreadyEnrolled,
    /// It means a user who has no marker, and a facilitator whose date can't be read.
    UnreadableDate,
    /// It means a user whose marker is missing, and this is its date.
    Due(Second),
}

/// A user to whom addresses here may belong.
pub(crate) struct Match {
    /// The hash of the id.
    user: u64,
    /// The numbers of the address that is the id in lower case, and of the one that is the id, if that is another.
    folded: Option<usize>,
    exact: Option<usize>,
}

impl Address {
    const NO_DATE: i64 = i64::MAX >> 8;
    /// At least one user is meant.
    const ONE_USER: i64 = 1;
    /// At least two users could be meant.
    const MORE_USERS: i64 = 1 << 1;
    /// The user has a marker.
    const ENROLLED: i64 = 1 << 2;
    /// A facilitator's date can't be read, and may be the earliest.
    const UNREADABLE: i64 = 1 << 3;
    /// It has an upper-case letter.
    const MIXED: i64 = 1 << 4;
    /// Another address stands for it.
    const ALIAS: i64 = 1 << 5;
    /// It has been listed.
    const LISTED: i64 = 1 << 6;

    fn new((key, check): (u64, u64), date: Option<Second>) -> Self {
        let mut address = Address { key, check, user: 0, date_and_marks: Self::NO_DATE << 8 };
        match date {
            Some(date) => address.set_date(date),
            None => address.mark(Self::UNREADABLE),
        }
        address
    }

    fn mark(&mut self, mark: i64) {
        self.date_and_marks |= mark;
    }

    fn has(&self, mark: i64) -> bool {
        self.date_and_marks & mark != 0
    }

    fn date(&self) -> Option<Second> {
        let seconds = self.date_and_marks >> 8;
        (seconds != Self::NO_DATE).then(|| Second::new(seconds))
    }

    fn set_date(&mut self, date: Second) {
        self.date_and_marks = date.get() << 8 | self.date_and_marks & 0xff;
    }

    /// Adds the dates of other facilitators of the same owner.
    fn unite(&mut self, other: &Address) {
        self.mark(other.date_and_marks & Self::UNREADABLE);
        if let Some(date) = other.date() {
            self.set_date(self.date().map_or(date, |own| own.min(date)));
        }
    }

    fn hashes(&self) -> (u64, u64) {
        (self.key, self.check)
    }

    fn means(&self, user: u64) -> bool {
        self.has(Self::ONE_USER) && !self.has(Self::MORE_USERS | Self::ALIAS) && self.user == user
    }

    /// Notes that there is this user, who may be meant.
    fn note_user(&mut self, user: u64) {
        self.mark(if self.has(Self::ONE_USER) { Self::MORE_USERS } else { Self::ONE_USER });
        self.user = user;
    }

    fn status(&self) -> Status {
        if !self.has(Self::ONE_USER) {
            return Status::UnknownUser;
        }
        if self.has(Self::ALIAS) {
            return Status::Alias;
        }
        if self.has(Self::MORE_USERS) {
            return Status::AmbiguousUser;
        }
        if self.has(Self::ENROLLED) {
            return Status::AlreadyEnrolled;
        }
        self.known_date().map_or(Status::UnreadableDate, Status::Due)
    }

    /// The earliest date, if all of them can be read.
    fn known_date(&self) -> Option<Second> {
        self.date().filter(|_| !self.has(Self::UNREADABLE))
    }
}

impl Addresses {
    /// Room for the addresses of so many facilitators, in as few parts as memory is bounded to.
    pub(crate) fn new(facilitators: u64) -> Result<Self, OutOfMemory> {
        Self::with_capacity(CAPACITY, facilitators)
    }

    pub(crate) fn with_capacity(capacity: u64, facilitators: u64) -> Result<Self, OutOfMemory> {
        // Some may have come since the count, and no two parts are equally large.
        let with_some_more = |count: u64| count.saturating_add(count / 64 + 64);
        let parts = facilitators.div_ceil(capacity).max(1);
        let places = usize::try_from(with_some_more(facilitators / parts)).map_err(|_| OutOfMemory)?;
        Ok(Addresses {
            key_hasher: TextHasher::new(),
            check_hasher: TextHasher::new(),
            part: 0,
            parts,
            all: room(places)?,
            directory: Directory::default(),
            any_mixed: false,
        })
    }

    /// Goes on to the next part; `false` if there is none.
    pub(crate) fn advance(&mut self) -> bool {
        self.clear();
        self.part += 1;
        self.part < self.parts
    }

    /// Whether this is the last part.
    pub(crate) fn is_last(&self) -> bool {
        self.part + 1 >= self.parts
    }

    /// Begins with the same part again.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.directory = Directory::default();
        self.any_mixed = false;
    }

    /// Whether the addresses with this hash, or whose fold has it, are of this part.
    fn holds(&self, key: u64) -> bool {
        self.parts == 1 || key % self.parts == self.part
    }

    /// Whether the addresses that could mean a user with this id, or what stands in the place of an id and is none, are of
    /// this part.
    pub(crate) fn hold_those_of(&self, id: Option<&[u8]>) -> bool {
        id.map_or(self.part == 0, |id| self.holds(self.key_of_fold(id)))
    }

    /// The address of a facilitator with this `owner_address`, if it is of this part.
    pub(crate) fn address_of(
        &self,
        owner_address: ValueRef<'_>,
        date: Option<Second>,
    ) -> Result<Option<Address>, OutOfMemory> {
        let hashes = |bytes: &[u8]| {
            (self.key_hasher.hash(bytes, Case::AsItIs), self.check_hasher.hash(bytes, Case::AsItIs))
        };
        // No id is equal to what isn't TEXT: that has the hashes of its bytes, or of how it is written, turned into
        // other ones.
        let (key, check) = match owner_address {
            ValueRef::Text(text) => {
                let is_mixed = !is_folded(text);
                if is_mixed && self.parts > 1 && !self.holds(self.key_of_fold(text)) {
                    return Ok(None);
                }
                let mut address = Address::new(hashes(text), date);
                if is_mixed {
                    address.mark(Address::MIXED);
                }
                return Ok((is_mixed || self.holds(address.key)).then_some(address));
            }
            ValueRef::Blob(bytes) => {
                let (key, check) = hashes(bytes);
                (key.reverse_bits(), check.reverse_bits())
            }
            other => {
                let (key, check) = hashes(value::display(other)?.as_bytes());
                (!key, !check)
            }
        };
        Ok(self.holds(key).then(|| Address::new((key, check), date)))
    }

    /// The hash by which [`Addresses::find`] finds an id.
    pub(crate) fn key_of_fold(&self, id: &[u8]) -> u64 {
        self.key_hasher.hash(id, Case::Folded)
    }

    /// Adds a facilitator's address.
    pub(crate) fn add(&mut self, address: Address) -> Result<(), OutOfMemory> {
        if self.all.len() == self.all.capacity() {
            self.unite();
            // Uniting again and again for little room would take longer than what it saves.
            if self.all.len() > self.all.capacity() / 3 * 2 {
                self.all.try_reserve_exact((self.all.len() / 2).max(64))?;
            }
        }
        self.any_mixed |= address.has(Address::MIXED);
        self.all.push(address);
        Ok(())
    }

    /// Ends adding.
    pub(crate) fn finish_adding(&mut self) -> Result<(), OutOfMemory> {
        self.unite();
        self.directory = Directory::new(self.all.iter().map(|address| address.key))?;
        Ok(())
    }

    /// Makes one of equal addresses.
    fn unite(&mut self) {
        self.all.sort_unstable_by_key(Address::hashes);
        self.all.dedup_by(|later, kept| {
            let same = later.hashes() == kept.hashes();
            if same {
                kept.unite(later);
            }
            same
        });
    }

    /// Fetches the places of ids whose folds have these hashes from memory. Here a processor waits for many of them
    /// at once; where each is looked up on its own, it waits for one after the other.
    pub(crate) fn warm(&self, keys: &[u64]) {
        if self.all.len() <= NEAR {
            return;
        }
        let of_this_part = keys.iter().filter(|key| self.holds(**key));
        let starts: Vec<_> = of_this_part.map(|key| self.directory.range(*key).start).collect();
        let places = starts.iter().filter_map(|start| self.all.get(*start));
        black_box(places.fold(0, |all, address| all ^ address.key));
    }

    /// The number of the address with these hashes. Somebody may have chosen very many addresses, but not their
    /// hashes: no two have the same key.
    fn place(&self, key: u64, check: impl FnOnce() -> u64) -> Option<usize> {
        let range = self.directory.range(key);
        let near = &self.all[range.clone()];
        if !near.iter().any(|address| address.key == key) {
            return None;
        }
        let hashes = (key, check());
        near.iter().position(|address| address.hashes() == hashes).map(|place| range.start + place)
    }

    /// The user with this id, the hash of whose fold is given, if an address here may mean the user.
    pub(crate) fn find(&self, key_of_fold: u64, id: &[u8]) -> Option<Match> {
        if !self.holds(key_of_fold) {
            return None;
        }
        let folded = self.place(key_of_fold, || self.check_hasher.hash(id, Case::Folded));
        let exact = if self.any_mixed && !is_folded(id) {
            let check = || self.check_hasher.hash(id, Case::AsItIs);
            self.place(self.key_hasher.hash(id, Case::AsItIs), check)
        } else {
            None
        };
        (folded.is_some() || exact.is_some()).then(|| {
            let user = self.check_hasher.hash(id, Case::AsItIs);
            Match { user, folded, exact }
        })
    }

    /// Notes that there is this user.
    pub(crate) fn note_user(&mut self, found: &Match) {
        if let Some(folded) = found.folded {
            self.all[folded].note_user(found.user);
        }
        if let Some(exact) = found.exact {
            let address = &mut self.all[exact];
            // Nobody else is meant, also where a row that was moved is read twice.
            address.mark(Address::ONE_USER);
            address.user = found.user;
            if let Some(folded) = found.folded {
                address.mark(Address::ALIAS);
                address.user = folded as u64;
            }
        }
    }

    /// Ends noting users: what is known of an alias is known of the address that stands for it.
    pub(crate) fn finish_noting_users(&mut self) {
        if !self.any_mixed {
            return;
        }
        for number in 0..self.all.len() {
            let alias = self.all[number];
            if !alias.has(Address::ALIAS) {
                continue;
            }
            let folded = usize::try_from(alias.user).ok().and_then(|folded| self.all.get_mut(folded));
            // What is ambiguous isn't certain to be of the same owner.
            if let Some(folded) = folded.filter(|folded| !folded.has(Address::MORE_USERS)) {
                folded.unite(&alias);
            }
        }
    }

    /// Notes that this user, if there is one, has a marker.
    pub(crate) fn note_marker(&mut self, found: &Match) {
        if let Some(number) = self.of_owner(found) {
            self.all[number].mark(Address::ENROLLED);
        }
    }

    /// Notes that nothing more is to be done for the user with this id, as if there were a marker.
    pub(crate) fn note_visited(&mut self, id: &[u8]) {
        if let Some(found) = self.find(self.key_of_fold(id), id) {
            self.note_marker(&found);
        }
    }

    /// How many addresses there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// What the address with this number comes to, once all users and markers are noted.
    pub(crate) fn status(&self, number: usize) -> Status {
        self.all[number].status()
    }

    /// What is to be done for the user with this id, if the user is an owner and no ambiguous facilitator could be
    /// the user's.
    pub(crate) fn status_of_owner(&self, id: &[u8]) -> Option<Status> {
        let found = self.find(self.key_of_fold(id), id)?;
        self.of_owner(&found).map(|number| self.status(number))
    }

    /// The number of the address that stands for this user, if it means nobody else.
    fn of_owner(&self, found: &Match) -> Option<usize> {
        found.folded.or(found.exact).filter(|number| self.all[*number].means(found.user))
    }

    /// The earliest date of the facilitators with the address of this number, if all of them can be read.
    pub(crate) fn date(&self, number: usize) -> Option<Second> {
        self.all[number].known_date()
    }

    /// The number of this address.
    pub(crate) fn number_of(&self, address: &Address) -> Option<usize> {
        self.place(address.key, || address.check)
    }

    /// Notes that an address has been listed; `false` if it had been before.
    pub(crate) fn list(&mut self, number: usize) -> bool {
        let listed = self.all[number].has(Address::LISTED);
        self.all[number].mark(Address::LISTED);
        !listed
    }
}

#[cfg(test)]
mod tests;
