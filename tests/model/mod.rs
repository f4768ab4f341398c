//! The library's promises a second time, as a model of the host's tables in plain Rust values: every rule in
//! the simplest words that state it, loops instead of indexes, and no line in common with the library. Where
//! the two differ, one of them is wrong.

mod audit;
mod date;
mod read;
mod value;

#[allow(unused_imports, reason = "each test file uses its own part of this")]
pub use audit::{Finding, Mend, audit, repair, repaired};
pub use date::Instant;
pub use value::Value;

/// What a marker's `id` and `address` begin with.
const PREFIX: &[u8] = b"FACILITATOR_OWNER:";

/// Stands in a new row for the one value that the model can't know.
pub const CLOCK_READING: &str = "the clock reading";

/// The host's tables, as far as markers are concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// The ids in `"user"`.
    pub users: Vec<Value>,
    pub facilitators: Vec<Facilitator>,
    /// `reward_addresses`, oldest row first.
    pub rows: Vec<Row>,
}

/// A row of `facilitators`.
#[derive(Debug, Clone, PartialEq)]
pub struct Facilitator {
    pub id: Value,
    pub owner_address: Value,
    pub created_at: Value,
}

/// A row of `reward_addresses`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: Value,
    pub user_id: Value,
    pub chain_type: Value,
    pub address: Value,
    pub verification_status: Value,
    pub verified_at: Value,
    pub created_at: Value,
}

/// What a backfill counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    pub owners: u64,
    pub created: u64,
    pub already_enrolled: u64,
    pub unreadable_date: u64,
    pub refused: u64,
    pub unknown_users: u64,
    pub ambiguous_users: u64,
    pub unreadable_dates: u64,
}

/// What a backfill leaves behind.
#[derive(Debug, Clone)]
pub struct Backfill {
    pub report: Report,
    pub rows: Vec<Row>,
    /// The owners whose marker another row keeps out, in the order of their ids.
    pub refused: Vec<Refused>,
    /// The owners that are not enrolled afterwards, the refused ones aside.
    pub skipped: Vec<Skipped>,
    /// The owners whose markers are written, with their dates, in the order of their ids.
    pub due: Vec<(String, String)>,
}

/// An owner that was not enrolled, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    UnknownUser {
        owner_address: String,
    },
    AmbiguousUser {
        owner_address: String,
        candidates: Vec<(String, bool)>,
    },
    /// With the facilitators to mend: `id` and `created_at` of each.
    UnreadableDate {
        user_id: String,
        facilitators: Vec<(String, String)>,
    },
}

/// An owner whose marker can't be written, and every row that is in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub user_id: Value,
    pub same_id: Vec<Row>,
    pub same_address: Vec<Row>,
}

/// What `create` or `ensure` comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Created(Row),
    AlreadyEnrolled(Row),
    UnknownUser,
    NotAnOwner,
    AmbiguousUser,
    UnreadableDate,
    MarkerRefused(Refused),
    UnreadableArgument,
}

impl Outcome {
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Created(_) => "created",
            Outcome::AlreadyEnrolled(_) => "already_enrolled",
            Outcome::UnknownUser => "unknown_user",
            Outcome::NotAnOwner => "not_an_owner",
            Outcome::AmbiguousUser => "ambiguous_user",
            Outcome::UnreadableDate => "unreadable_date",
            Outcome::MarkerRefused(_) => "refused",
            Outcome::UnreadableArgument => "unreadable argument",
        }
    }
}

/// `create_facilitator_marker`: the outcome, and `reward_addresses` after it.
pub fn create(database: &Database, user_id: &str, enrollment_date: &str) -> (Outcome, Vec<Row>) {
    let Some(date) = Instant::read(enrollment_date.as_bytes()) else {
        return (Outcome::UnreadableArgument, database.rows.clone());
    };
    if !database.user_ids().contains(&user_id.as_bytes()) {
        return (Outcome::UnknownUser, database.rows.clone());
    }
    if let Some(marker) = database.marker_of(user_id.as_bytes()) {
        return (Outcome::AlreadyEnrolled(marker.clone()), database.rows.clone());
    }
    database.enroll(user_id.as_bytes(), &date)
}

/// `ensure_facilitator_marker`: the outcome, and `reward_addresses` after it.
pub fn ensure(database: &Database, user_id: &str) -> (Outcome, Vec<Row>) {
    let unchanged = |outcome| (outcome, database.rows.clone());
    let argument = user_id.as_bytes();
    let user = if database.user_ids().contains(&argument) {
        argument
    } else {
        let mut alike = database.user_ids();
        alike.retain(|id| fold(id) == fold(argument));
        match alike[..] {
            [] => return unchanged(Outcome::UnknownUser),
            [only] => only,
            _ => return unchanged(Outcome::AmbiguousUser),
        }
    };
    if let Some(marker) = database.marker_of(user) {
        return unchanged(Outcome::AlreadyEnrolled(marker.clone()));
    }
    if database.facilitators_of(user).is_empty() {
        return unchanged(Outcome::NotAnOwner);
    }
    if database.facilitators_of(user).iter().any(|its| its.date().is_none()) {
        return unchanged(Outcome::UnreadableDate);
    }
    database.enroll(user, &database.enrollment_date(user).expect("the date of a facilitator"))
}

/// `backfill_facilitator_markers`.
pub fn backfill(database: &Database) -> Backfill {
    let mut report = Report::default();
    let mut skipped = Vec::new();
    let mut refused = Vec::new();
    let mut due = Vec::new();
    let mut after = database.clone();

    for owner_address in database.owner_addresses() {
        let users = database.users_meant_by(owner_address);
        if users.is_empty() {
            report.unknown_users += 1;
            skipped.push(Skipped::UnknownUser { owner_address: owner_address.shown() });
        } else if users.len() > 1 {
            report.ambiguous_users += 1;
            if !database.has_settled(owner_address, &users) {
                let candidate = |id: &&[u8]| (Value::text(id).shown(), database.marker_of(id).is_some());
                let candidates = users.iter().map(candidate).collect();
                skipped.push(Skipped::AmbiguousUser { owner_address: owner_address.shown(), candidates });
            }
        }
    }

    for facilitator in &database.facilitators {
        if facilitator.date().is_none() {
            report.unreadable_dates += 1;
        }
    }

    for user in database.user_ids() {
        if database.facilitators_of(user).is_empty() || database.may_own_an_ambiguous_facilitator(user) {
            continue;
        }
        report.owners += 1;
        if database.marker_of(user).is_some() {
            report.already_enrolled += 1;
            continue;
        }
        let unreadable = database.unreadable_facilitators_of(user);
        if !unreadable.is_empty() {
            report.unreadable_date += 1;
            skipped.push(Skipped::UnreadableDate {
                user_id: Value::text(user).shown(),
                facilitators: unreadable,
            });
            continue;
        }
        let date = database.enrollment_date(user).expect("the date of a facilitator");
        let (outcome, rows) = after.enroll(user, &date);
        after.rows = rows;
        match outcome {
            Outcome::MarkerRefused(by) => {
                report.refused += 1;
                refused.push(by);
            }
            _ => {
                report.created += 1;
                due.push((Value::text(user).shown(), date.written()));
            }
        }
    }

    Backfill { report, rows: after.rows, refused, skipped, due }
}

impl Database {
    /// The ids of all users, lowest first. What isn't text is no user's id.
    pub fn user_ids(&self) -> Vec<&[u8]> {
        let mut ids: Vec<&[u8]> = self.users.iter().filter_map(Value::as_text).collect();
        ids.sort();
        ids
    }

    /// Whether a facilitator that could belong to this user could belong to another as well.
    pub fn may_own_an_ambiguous_facilitator(&self, user: &[u8]) -> bool {
        self.facilitators_of(user).iter().any(|its| self.users_meant_by(&its.owner_address).len() > 1)
    }

    /// Whether the volume of the facilitators with this address counts for one of the users whom it could mean,
    /// or each of these is enrolled.
    fn has_settled(&self, owner_address: &Value, users: &[&[u8]]) -> bool {
        if users.iter().all(|user| self.marker_of(user).is_some()) {
            return true;
        }
        let with_it = self.facilitators.iter().filter(|its| its.owner_address == *owner_address);
        let dates: Option<Vec<Instant>> = with_it.map(Facilitator::date).collect();
        let Some(dates) = dates else { return false };
        let since = |user: &&[u8]| Instant::read(self.marker_of(user)?.created_at.as_text()?);
        // A marker has whole seconds.
        let covers = |since: Instant| dates.iter().all(|date| since.written() <= date.written());
        users.iter().filter_map(since).any(covers)
    }

    /// `id` and `created_at` of each facilitator of this user whose date can't be read.
    fn unreadable_facilitators_of(&self, user: &[u8]) -> Vec<(String, String)> {
        let mut of_user = self.facilitators_of(user);
        of_user.retain(|its| its.date().is_none());
        let mut shown: Vec<_> = of_user.iter().map(|its| (its.id.shown(), its.created_at.shown())).collect();
        shown.sort();
        shown
    }

    /// The distinct values of `owner_address`.
    fn owner_addresses(&self) -> Vec<&Value> {
        let mut distinct: Vec<&Value> = Vec::new();
        for Facilitator { owner_address, .. } in &self.facilitators {
            if !distinct.contains(&owner_address) {
                distinct.push(owner_address);
            }
        }
        distinct
    }

    pub fn users_meant_by(&self, owner_address: &Value) -> Vec<&[u8]> {
        let mut users = self.user_ids();
        users.retain(|user| belongs(owner_address, user));
        users
    }

    fn facilitators_of(&self, user: &[u8]) -> Vec<&Facilitator> {
        self.facilitators.iter().filter(|facilitator| belongs(&facilitator.owner_address, user)).collect()
    }

    fn enrollment_date(&self, user: &[u8]) -> Option<Instant> {
        self.facilitators_of(user).into_iter().filter_map(Facilitator::date).min()
    }

    fn marker_of(&self, user: &[u8]) -> Option<&Row> {
        let is_marker = |row: &&Row| row.user_id.is_text(user) && row.chain_type.is_text(b"facilitator");
        let has_the_address = |row: &&Row| row.address.is_text(&marker_name(user));
        let mut first: Option<&Row> = None;
        for marker in self.rows.iter().filter(is_marker) {
            if has_the_address(&marker) {
                return Some(marker);
            }
            if first.is_none_or(|first| marker.id < first.id) {
                first = Some(marker);
            }
        }
        first
    }

    /// Appends the marker of a user who has none, unless another row is in its place.
    fn enroll(&self, user: &[u8], date: &Instant) -> (Outcome, Vec<Row>) {
        let name = marker_name(user);
        let has_the_id = |row: &&Row| row.id.is_text(&name);
        let has_the_address = |row: &&Row| row.user_id.is_text(user) && row.address.is_text(&name);
        let same_id: Vec<Row> = self.rows.iter().filter(has_the_id).cloned().collect();
        let same_address: Vec<Row> = self.rows.iter().filter(has_the_address).cloned().collect();
        let mut rows = self.rows.clone();
        if !same_id.is_empty() || !same_address.is_empty() {
            return (
                Outcome::MarkerRefused(Refused { user_id: Value::text(user), same_id, same_address }),
                rows,
            );
        }
        let marker = Row {
            id: Value::text(&name),
            user_id: Value::text(user),
            chain_type: Value::text("facilitator"),
            address: Value::text(&name),
            verification_status: Value::text("verified"),
            verified_at: Value::text(CLOCK_READING),
            created_at: Value::text(date.written()),
        };
        rows.push(marker.clone());
        (Outcome::Created(marker), rows)
    }
}

impl Facilitator {
    fn date(&self) -> Option<Instant> {
        self.created_at.as_text().and_then(Instant::read)
    }
}

/// Whether a facilitator with this `owner_address` belongs, or could belong, to this user.
fn belongs(owner_address: &Value, user: &[u8]) -> bool {
    owner_address.is_text(user) || owner_address.is_text(&fold(user))
}

/// The bytes with `A`-`Z` lower-cased and nothing else changed.
pub fn fold(id: &[u8]) -> Vec<u8> {
    id.iter().map(|&byte| if byte.is_ascii_uppercase() { byte + (b'a' - b'A') } else { byte }).collect()
}

/// The `id` and `address` of this user's marker.
pub fn marker_name(user: &[u8]) -> Vec<u8> {
    [PREFIX, user].concat()
}
