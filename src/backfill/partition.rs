//! Which user each facilitator belongs to, for as many owners as fit in bounded memory.

use std::hint::black_box;
use std::iter;
use std::ops::Range;

use rusqlite::types::ValueRef;

use super::hash::{Case, TextHasher};
use crate::date::Second;
use crate::memory::{OutOfMemory, room};
use crate::value;

/// The memory bound: at most this many facilitators, of 32 bytes each, are held at once (48 MiB).
const CAPACITY: usize = 3 << 19;

/// Every owner address whose fold's hash lies in an interval, with what is known of it.
///
/// Addresses are held as hashes. A folded address and all ids and addresses that fold to it are a *group*:
/// they have one `fold` hash and lie side by side, because ambiguity is a matter of the group. The 64 bits of
/// `fold` and the 64 bits of `exact` come from hashers of their own, drawn anew for each backfill: that two
/// texts are taken for one is less likely than that the machine's memory is.
pub(super) struct Partition {
    fold_hasher: TextHasher,
    exact_hasher: TextHasher,
    /// The first and the last `fold` hash.
    first: u64,
    last: u64,
    capacity: usize,
    addresses: Vec<Address>,
    directory: Directory,
}

/// Where among the sorted addresses to look for a hash: since hashes are spread evenly, their first bits tell
/// the place almost exactly, where a binary search would have to wait for memory twenty times.
#[derive(Default)]
struct Directory {
    /// For each beginning, the number of the first address that has it or a later one; then, the number of
    /// addresses.
    starts: Vec<u32>,
    shift: u32,
}

/// Where addresses are few, most entries are left empty: almost all users who are no owners are told by an
/// entry alone. So many entries fit in a processor's nearer memory.
const MOSTLY_EMPTY: usize = 1 << 18;

/// One distinct `owner_address`.
#[derive(Clone, Copy)]
pub(super) struct Address {
    fold: u64,
    exact: u64,
    /// The `exact` hash of the user it means, once one is found.
    user: u64,
    /// Seconds above the lowest byte, or [`Address::NO_DATE`]; the marks below are in that byte.
    date_and_marks: i64,
}

/// What is to be done about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It means no user.
    Unknown,
    /// It could mean several users.
    Ambiguous,
    /// It means a user for whom another address stands: the user's id in lower case, which may be ambiguous.
    Represented,
    /// It means a user who has a marker.
    Enrolled,
    /// It means a user who has no marker, and a facilitator whose date can't be read.
    Unreadable,
    /// It means a user whose marker is missing, and this is its date.
    Due(Second),
}

impl Address {
    const NO_DATE: i64 = i64::MAX >> 8;
    /// It has no upper-case letter.
    const FOLDED: i64 = 1;
    /// At least one user is meant.
    const ONE_USER: i64 = 1 << 1;
    /// At least two users could be meant.
    const MORE_USERS: i64 = 1 << 2;
    /// The user has a marker.
    const ENROLLED: i64 = 1 << 3;
    /// It has been listed.
    const LISTED: i64 = 1 << 4;
    /// A facilitator's date can't be read, and may be the earliest.
    const UNREADABLE: i64 = 1 << 5;

    fn new(fold: u64, exact: u64, folded: bool, date: Option<Second>) -> Self {
        let mut address = Address { fold, exact, user: 0, date_and_marks: Self::NO_DATE << 8 };
        match date {
            Some(date) => address.set_date(date),
            None => address.mark(Self::UNREADABLE),
        }
        if folded {
            address.mark(Self::FOLDED);
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

    /// Adds what is known of another facilitator with this address.
    fn unite(&mut self, other: &Address) {
        self.mark(other.date_and_marks & Self::UNREADABLE);
        if let Some(date) = other.date() {
            self.set_date(self.date().map_or(date, |own| own.min(date)));
        }
    }

    /// The place in the partition: in a group, the folded one comes first.
    fn order(&self) -> (u64, bool, u64) {
        (self.fold, !self.has(Self::FOLDED), self.exact)
    }

    fn means(&self, user: u64) -> bool {
        self.has(Self::ONE_USER) && self.user == user
    }
}

impl Directory {
    /// The directory of addresses, sorted, whose hashes lie between `first` and `last`.
    fn new(first: u64, last: u64, addresses: &[Address]) -> Result<Self, OutOfMemory> {
        let width = last - first;
        let bits = u64::BITS - width.leading_zeros();
        let entries = (16 * addresses.len()).min(MOSTLY_EMPTY).max(addresses.len() / 2).max(2);
        let shift = bits.saturating_sub(entries.ilog2());
        let entries = usize::try_from(width >> shift).map_err(|_| OutOfMemory)? + 2;
        let mut starts = room(entries)?;
        let mut next = 0;
        for entry in 0..entries as u64 {
            while addresses.get(next).is_some_and(|address| ((address.fold - first) >> shift) < entry) {
                next += 1;
            }
            starts.push(u32::try_from(next).map_err(|_| OutOfMemory)?);
        }
        Ok(Directory { starts, shift })
    }

    /// The numbers of the addresses that can have a hash at this distance from the first one.
    fn range(&self, distance: u64) -> Range<usize> {
        let starts =
            usize::try_from(distance >> self.shift).ok().and_then(|entry| self.starts.get(entry..entry + 2));
        match starts {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

fn is_folded(text: &[u8]) -> bool {
    !text.iter().any(u8::is_ascii_uppercase)
}

/// What was read of a facilitator.
pub(super) struct Facilitator(Address);

/// A user whom an address of the partition may mean.
pub(super) struct Candidate {
    group: Range<usize>,
    /// The hash of the id.
    exact: u64,
    /// The hash of the folded id, the same where it has no upper-case letter.
    exact_of_fold: u64,
}

impl Partition {
    /// All addresses of so many facilitators, if they fit.
    pub(super) fn new(facilitators: u64) -> Result<Self, OutOfMemory> {
        Self::with_capacity(CAPACITY, facilitators)
    }

    pub(super) fn with_capacity(capacity: usize, facilitators: u64) -> Result<Self, OutOfMemory> {
        // A Vec that grows would hold its old block beside the new one. Some may have come since the count.
        let with_some_more = facilitators.saturating_add(facilitators / 64 + 64);
        let places = usize::try_from(with_some_more).unwrap_or(capacity).min(capacity);
        Ok(Partition {
            fold_hasher: TextHasher::new(),
            exact_hasher: TextHasher::new(),
            first: 0,
            last: u64::MAX,
            capacity,
            addresses: room(places)?,
            directory: Directory::default(),
        })
    }

    /// Goes on to the addresses behind this partition, about as many as fit; `false` if there are none.
    pub(super) fn advance(&mut self) -> bool {
        let width = self.last - self.first;
        let has_room = self.addresses.len() < self.capacity / 3;
        self.clear();
        let Some(first) = self.last.checked_add(1) else { return false };
        self.first = first;
        self.last = first.saturating_add(if has_room { width.saturating_mul(2) | 1 } else { width });
        true
    }

    /// Whether this partition holds the last addresses.
    pub(super) fn is_last(&self) -> bool {
        self.last == u64::MAX
    }

    /// Starts again with the same addresses.
    pub(super) fn begin_again(&mut self) {
        self.clear();
    }

    /// Starts again with half as many addresses.
    fn halve(&mut self) {
        self.clear();
        self.last = self.first + (self.last - self.first) / 2;
    }

    fn clear(&mut self) {
        self.addresses.clear();
        self.directory = Directory::default();
    }

    fn holds(&self, fold: u64) -> bool {
        (self.first..=self.last).contains(&fold)
    }

    /// A facilitator with this `owner_address`, if it is one of this partition's.
    pub(super) fn facilitator(
        &self,
        owner_address: ValueRef<'_>,
        date: Option<Second>,
    ) -> Result<Option<Facilitator>, OutOfMemory> {
        // No id is equal to what isn't TEXT: that has the hash of its bytes, or of how it is written, turned into
        // another one.
        let of_bytes = |hasher: &TextHasher, bytes: &[u8]| hasher.hash(bytes, Case::AsItIs);
        let (fold, exact, folded) = match owner_address {
            ValueRef::Text(text) => {
                let fold = self.fold_hash(text);
                if !self.holds(fold) {
                    return Ok(None);
                }
                (fold, of_bytes(&self.exact_hasher, text), is_folded(text))
            }
            ValueRef::Blob(bytes) => {
                let hash = |hasher| of_bytes(hasher, bytes).reverse_bits();
                (hash(&self.fold_hasher), hash(&self.exact_hasher), false)
            }
            other => {
                let written = value::display(other)?;
                let hash = |hasher| !of_bytes(hasher, written.as_bytes());
                (hash(&self.fold_hasher), hash(&self.exact_hasher), false)
            }
        };
        Ok(self.holds(fold).then(|| Facilitator(Address::new(fold, exact, folded, date))))
    }

    /// The hash by which [`Partition::candidate`] finds an id.
    pub(super) fn fold_hash(&self, id: &[u8]) -> u64 {
        self.fold_hasher.hash(id, Case::Folded)
    }

    /// Adds facilitators. `false` if the addresses don't fit: the partition is now half as large and empty,
    /// and all facilitators are to be read again.
    pub(super) fn add(&mut self, facilitators: Vec<Facilitator>) -> Result<bool, OutOfMemory> {
        for Facilitator(address) in facilitators {
            if self.addresses.len() == self.capacity {
                self.unite();
                // Uniting again and again for little room would take longer than reading the rest later.
                if self.addresses.len() > self.capacity / 3 * 2 && self.first < self.last {
                    self.halve();
                    return Ok(false);
                }
            }
            if self.addresses.len() == self.addresses.capacity() {
                self.addresses.try_reserve_exact((self.addresses.len() / 2).max(64))?;
            }
            self.addresses.push(address);
        }
        Ok(true)
    }

    /// Ends adding.
    pub(super) fn finish_adding(&mut self) -> Result<(), OutOfMemory> {
        self.unite();
        self.directory = Directory::new(self.first, self.last, &self.addresses)?;
        Ok(())
    }

    /// Makes one of equal addresses.
    fn unite(&mut self) {
        self.addresses.sort_unstable_by_key(Address::order);
        self.addresses.dedup_by(|later, kept| {
            let same = later.order() == kept.order();
            if same {
                kept.unite(later);
            }
            same
        });
    }

    /// Fetches the places of ids with these hashes from memory. Here a processor waits for many of them at
    /// once; where each is looked up on its own, it waits for one after the other.
    pub(super) fn warm(&self, fold_hashes: &[u64]) {
        let starts: Vec<_> = fold_hashes
            .iter()
            .filter(|fold| self.holds(**fold))
            .map(|fold| self.directory.range(fold - self.first).start)
            .collect();
        let places = starts.iter().filter_map(|start| self.addresses.get(*start));
        black_box(places.fold(0, |all, address| all ^ address.fold));
    }

    /// The user with this id, whose hash is given, if an address here has the same fold.
    pub(super) fn candidate(&self, fold_hash: u64, id: &[u8]) -> Option<Candidate> {
        let group = self.group(fold_hash)?;
        let exact = self.exact_hasher.hash(id, Case::AsItIs);
        let exact_of_fold = if is_folded(id) { exact } else { self.exact_hasher.hash(id, Case::Folded) };
        Some(Candidate { group, exact, exact_of_fold })
    }

    /// What is to be done for the user with this id, if the user is an owner and no ambiguous facilitator
    /// could be the user's.
    pub(super) fn standing_of(&self, id: &[u8]) -> Option<Standing> {
        let user = self.candidate(self.fold_hash(id), id)?;
        self.owner(&user).map(|index| self.standing(index))
    }

    /// The places of the addresses with this fold. Somebody may have chosen very many ids that differ in case only:
    /// no group is gone through.
    fn group(&self, fold: u64) -> Option<Range<usize>> {
        if !self.holds(fold) {
            return None;
        }
        let range = self.directory.range(fold - self.first);
        let addresses = &self.addresses[range.clone()];
        let before = addresses.partition_point(|address| address.fold < fold);
        let same = addresses[before..].partition_point(|address| address.fold == fold);
        let start = range.start + before;
        (same > 0).then_some(start..start + same)
    }

    /// The place of the group's folded address, if there is one.
    fn folded(&self, group: &Range<usize>) -> Option<usize> {
        self.addresses[group.start].has(Address::FOLDED).then_some(group.start)
    }

    fn find(&self, group: &Range<usize>, exact: u64, folded: bool) -> Option<usize> {
        let order = |address: &Address| (!address.has(Address::FOLDED), address.exact);
        let found = self.addresses[group.clone()].binary_search_by_key(&(!folded, exact), order);
        found.ok().map(|place| group.start + place)
    }

    /// The places of the addresses that can stand for this user: the folded id and the id.
    fn of_user(&self, user: &Candidate) -> impl Iterator<Item = usize> + use<> {
        let of_fold = self.find(&user.group, user.exact_of_fold, true);
        of_fold.into_iter().chain(self.find(&user.group, user.exact, false))
    }

    /// Notes that there is this user.
    pub(super) fn note_user(&mut self, user: &Candidate) {
        if let Some(index) = self.find(&user.group, user.exact_of_fold, true) {
            let address = &mut self.addresses[index];
            address.mark(if address.has(Address::ONE_USER) {
                Address::MORE_USERS
            } else {
                Address::ONE_USER
            });
            address.user = user.exact;
        }
        if let Some(index) = self.find(&user.group, user.exact, false) {
            let address = &mut self.addresses[index];
            address.mark(Address::ONE_USER);
            address.user = user.exact;
        }
    }

    /// Notes that this user, if there is one, has a marker.
    pub(super) fn note_marker(&mut self, user: &Candidate) {
        for place in self.of_user(user) {
            if self.addresses[place].means(user.exact) {
                self.addresses[place].mark(Address::ENROLLED);
            }
        }
    }

    /// Notes that nothing more is to be done for the user with this id, as if there were a marker.
    pub(super) fn note_visited(&mut self, id: &[u8]) {
        if let Some(user) = self.candidate(self.fold_hash(id), id) {
            self.note_marker(&user);
        }
    }

    /// How many addresses there are.
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// What is to be done about the address with this number, once all users and markers are noted.
    pub(super) fn standing(&self, index: usize) -> Standing {
        let address = &self.addresses[index];
        if !address.has(Address::ONE_USER) {
            return Standing::Unknown;
        }
        let Some(group) = self.group(address.fold) else { return Standing::Unknown };
        if !address.has(Address::FOLDED) && self.folded(&group).is_some() {
            return Standing::Represented;
        }
        if address.has(Address::MORE_USERS) {
            return Standing::Ambiguous;
        }
        if address.has(Address::ENROLLED) {
            return Standing::Enrolled;
        }
        // A folded address stands for the user's exact one too, whose date may be earlier, or unreadable.
        let exact = self.find(&group, address.user, false).map(|place| &self.addresses[place]);
        let of_user = || iter::once(address).chain(exact.filter(|exact| exact.means(address.user)));
        if of_user().any(|other| other.has(Address::UNREADABLE)) {
            return Standing::Unreadable;
        }
        of_user().filter_map(Address::date).min().map_or(Standing::Unreadable, Standing::Due)
    }

    /// The earliest date of the facilitators with the address of this number, if all of them can be read.
    pub(super) fn date(&self, index: usize) -> Option<Second> {
        let address = &self.addresses[index];
        address.date().filter(|_| !address.has(Address::UNREADABLE))
    }

    /// The number of the address that stands for this user, if the user is an owner and no ambiguous
    /// facilitator could be the user's.
    fn owner(&self, user: &Candidate) -> Option<usize> {
        let index = match self.folded(&user.group) {
            Some(index) => index,
            None => self.find(&user.group, user.exact, false)?,
        };
        let address = &self.addresses[index];
        (address.means(user.exact) && !address.has(Address::MORE_USERS)).then_some(index)
    }

    /// The number of a facilitator's address.
    pub(super) fn index_of(&self, facilitator: &Facilitator) -> Option<usize> {
        self.addresses.binary_search_by_key(&facilitator.0.order(), Address::order).ok()
    }

    /// Notes that an address has been listed; `false` if it had been before.
    pub(super) fn list(&mut self, index: usize) -> bool {
        let listed = self.addresses[index].has(Address::LISTED);
        self.addresses[index].mark(Address::LISTED);
        !listed
    }
}

#[cfg(test)]
mod tests;
