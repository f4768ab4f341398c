//! The owners that a backfill leaves unenrolled, and why.

use std::fmt;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::refused_markers::RefusedMarkers;
use super::unenrolled::{Listing, Unenrolled};
use crate::case_variants::{self, CaseVariants};
use crate::date::Second;
use crate::error::{Error, RefusedMarker};
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::marker;
use crate::memory::OutOfMemory;
use crate::quoted::Quoted;
use crate::savepoint::noting_lost_transaction;
use crate::schema::Schema;
use crate::text::Text;
use crate::unreadable::UnreadableFacilitator;

/// How many candidates [`SkippedOwner::AmbiguousUser`] names at most.
const CANDIDATES: usize = 10;

/// An owner that a backfill leaves unenrolled. Displayed, it says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkippedOwner {
    /// The facilitators with this `owner_address` belong to no user.
    UnknownUser {
        /// The address; what isn't text is given as SQL writes it, bytes that aren't UTF-8 become U+FFFD.
        owner_address: String,
    },
    /// The facilitators with this `owner_address` could belong to more than one user, and none of these has been
    /// enrolled because of them.
    AmbiguousUser {
        /// The address.
        owner_address: String,
        /// The users it could mean, the first ten of them. A backfill enrolls none of these.
        candidates: Vec<Candidate>,
        /// How many users it could mean.
        candidate_count: u64,
    },
    /// Facilitators of this user have a `created_at` that can't be read, and that may be the earliest.
    UnreadableDate {
        /// The user.
        user_id: String,
        /// The facilitators to mend, the first hundred of them.
        facilitators: Vec<UnreadableFacilitator>,
        /// How many facilitators are to be mended.
        facilitator_count: u64,
    },
    /// The database doesn't take the user's marker.
    MarkerRefused(RefusedMarker),
}

/// A user whom an ambiguous `owner_address` could mean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Candidate {
    /// The user.
    pub user_id: String,
    /// Whether the user has a marker. Here it is one that begins later than the facilitators in question, or
    /// whose date can't be compared with theirs.
    pub is_enrolled: bool,
}

impl SkippedOwner {
    /// The reason's name wherever it appears as text: `unknown_user`, `ambiguous_user`, `unreadable_date` or
    /// `refused`.
    pub fn reason(&self) -> &'static str {
        match self {
            SkippedOwner::UnknownUser { .. } => "unknown_user",
            SkippedOwner::AmbiguousUser { .. } => "ambiguous_user",
            SkippedOwner::UnreadableDate { .. } => "unreadable_date",
            SkippedOwner::MarkerRefused(_) => "refused",
        }
    }

    /// The `owner_address` that means no user for sure, where that is the reason.
    pub fn owner_address(&self) -> Option<&str> {
        match self {
            SkippedOwner::UnknownUser { owner_address }
            | SkippedOwner::AmbiguousUser { owner_address, .. } => Some(owner_address),
            SkippedOwner::UnreadableDate { .. } | SkippedOwner::MarkerRefused(_) => None,
        }
    }

    /// The user who stays unenrolled, with the other reasons.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            SkippedOwner::UnreadableDate { user_id, .. } => Some(user_id),
            SkippedOwner::MarkerRefused(refused) => Some(&refused.user_id),
            SkippedOwner::UnknownUser { .. } | SkippedOwner::AmbiguousUser { .. } => None,
        }
    }
}

impl fmt::Display for SkippedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkippedOwner::UnknownUser { owner_address } => write!(
                f,
                "owner_address {} names no user; if it was to name one, set it to that user's id in lower case; a wallet's \
                 address may stand there for good, and needs nothing done",
                Quoted(owner_address)
            ),
            SkippedOwner::AmbiguousUser { owner_address, candidates, candidate_count } => {
                write!(f, "owner_address {} could mean any of the users ", Quoted(owner_address))?;
                list(f, candidates, *candidate_count, |f, Candidate { user_id, is_enrolled }| {
                    write!(f, "{}{}", Quoted(user_id), if *is_enrolled { " (enrolled)" } else { "" })
                })?;
                f.write_str(
                    "; find out which, and have the server call ensure_facilitator_marker with exactly that id",
                )
            }
            SkippedOwner::UnreadableDate { user_id, facilitators, facilitator_count } => {
                write!(f, "user {} has ", Quoted(user_id))?;
                let (noun, all) = match facilitator_count {
                    1 => ("a facilitator", "it"),
                    _ => ("facilitators", "all of them"),
                };
                write!(f, "{noun} whose created_at can't be read: ")?;
                list(f, facilitators, *facilitator_count, |f, UnreadableFacilitator { id, created_at }| {
                    match id {
                        Some(id) => write!(f, "{} with {}", Quoted(id), Quoted(created_at)),
                        None => write!(f, "one with {}", Quoted(created_at)),
                    }
                })?;
                write!(
                    f,
                    "; set {all} to the date that is meant, as YYYY-MM-DD HH:MM:SS in UTC: an unreadable one may be the \
                     earliest, and a marker with half the history is wrong for good"
                )
            }
            SkippedOwner::MarkerRefused(refused) => refused.fmt(f),
        }
    }
}

/// Writes the first of `count` items, and how many more there are.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    first: &[T],
    count: u64,
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in first.iter().enumerate() {
        f.write_str(if place > 0 { ", " } else { "" })?;
        write(f, item)?;
    }
    match count.saturating_sub(first.len() as u64) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// Tells `f` each owner that a backfill would leave unenrolled, and why. Writes nothing, and works on a
/// read-only connection.
///
/// Memory stays within the bound of [`Backfill`](crate::Backfill), however many owners there are. They come
/// in no particular order.
///
/// An ambiguous `owner_address` is left out once the host has settled it: when every user whom it could mean is
/// enrolled, or when one of them has a marker that begins no later than the facilitators with this address, as
/// [`ensure_facilitator_marker`](crate::ensure_facilitator_marker) writes it. Then the volume counts for somebody.
///
/// Of the markers that the database would refuse it names those of which the schema tells, as
/// [`preview_facilitator_markers`](crate::preview_facilitator_markers) does. Those that a CHECK or a trigger
/// refuses only the run can tell: a backfill that has met them names them too, with
/// [`Backfill::for_each_skipped_owner`](crate::Backfill::for_each_skipped_owner), and until they are mended
/// [`for_each_due_owner`](crate::for_each_due_owner) goes on listing them.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers; `f` may have been told of some owners by then.
///
/// # The connection
///
/// While `f` runs, no lock is held and no state of the database, so `f` may use the connection and may take its
/// time; only VACUUM is refused, because a statement that reads no table runs, lest an interrupt be forgotten. In
/// exchange, what is changed meanwhile may or may not be told.
///
/// # Example
///
/// ```
/// use facilitator_markers::{for_each_skipped_owner, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f2', 'Old', 'old', 'gone');
/// # "#)?;
/// let mut reasons = Vec::new();
/// for_each_skipped_owner(&conn, |owner| {
///     println!("{}: {owner}", owner.reason());
///     reasons.push(owner.reason());
/// })?;
/// assert_eq!(reasons, ["unknown_user"]);
/// # Ok(())
/// # }
/// ```
pub fn for_each_skipped_owner(conn: &Connection, mut f: impl FnMut(SkippedOwner)) -> Result<(), Error> {
    try_for_each_skipped_owner(conn, |owner| {
        f(owner);
        Ok(())
    })
}

/// As [`for_each_skipped_owner`], until `f` fails: then with its error.
pub(crate) fn try_for_each_skipped_owner(
    conn: &Connection,
    f: impl FnMut(SkippedOwner) -> Result<(), Error>,
) -> Result<(), Error> {
    list_skipped(conn, &RefusedMarkers::default(), Addresses::new, f)
}

/// As [`try_for_each_skipped_owner`], with the markers that were refused in a backfill.
pub(super) fn list_skipped(
    conn: &Connection,
    refused: &RefusedMarkers,
    addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    mut f: impl FnMut(SkippedOwner) -> Result<(), Error>,
) -> Result<(), Error> {
    let conn = Interruptible::new(conn)?;
    let mut owners = SkippedOwners { listing: Listing::new(&conn, addresses)? };
    while let Some(owner) = owners.next_beside(&conn, refused)? {
        f(owner)?;
    }
    Ok(())
}

/// The owners whom a backfill would leave out, one after the other, apart from the connection.
pub struct SkippedOwners {
    listing: Listing,
}

impl SkippedOwners {
    /// Begins. Reads the schema and the number of facilitators.
    ///
    /// # Errors
    ///
    /// As [`for_each_skipped_owner`].
    pub fn new(conn: &Connection) -> Result<Self, Error> {
        Ok(SkippedOwners { listing: Listing::new(conn, Addresses::new)? })
    }

    /// The next one; nothing once all have been given.
    ///
    /// # Errors
    ///
    /// As [`for_each_skipped_owner`].
    pub fn next(&mut self, conn: &Connection) -> Result<Option<SkippedOwner>, Error> {
        self.next_beside(conn, &RefusedMarkers::default())
    }

    fn next_beside(
        &mut self,
        conn: &Connection,
        refused: &RefusedMarkers,
    ) -> Result<Option<SkippedOwner>, Error> {
        while let Some(unenrolled) = self.listing.next(conn, refused)? {
            let skipped = match unenrolled {
                Unenrolled::Due(..) => None,
                Unenrolled::Refused(user_id, refusal) => {
                    Some(SkippedOwner::MarkerRefused(RefusedMarker::new(&user_id, refusal)?))
                }
                Unenrolled::Unreadable(user_id, dates) => Some(SkippedOwner::UnreadableDate {
                    user_id: user_id.to_display()?,
                    facilitators: dates.facilitators,
                    facilitator_count: dates.count,
                }),
                Unenrolled::Unknown(owner_address) => Some(SkippedOwner::UnknownUser { owner_address }),
                Unenrolled::Ambiguous(owner_address, earliest) => {
                    noting_lost_transaction(conn, || unsettled(conn, &owner_address, earliest))?
                }
            };
            if skipped.is_some() {
                return Ok(skipped);
            }
        }
        Ok(None)
    }
}

/// The owner of this ambiguous address, unless the host has settled whom it means. `earliest` is the earliest
/// date of the facilitators with this address, if all can be read.
fn unsettled(
    conn: &Connection,
    owner_address: &Text,
    earliest: Option<Second>,
) -> Result<Option<SkippedOwner>, Error> {
    let schema = Schema::read(conn)?;
    let mut markers = marker::Search::new(conn)?;
    let (mut candidates, mut candidate_count) = (Vec::new(), 0);
    let (mut all_enrolled, mut is_settled) = (true, false);
    let mut visit = |id: &[u8]| -> Result<(), Error> {
        let user_id = Text::copy(id)?;
        let marker = markers.find(&user_id)?;
        candidate_count += 1;
        all_enrolled &= marker.is_some();
        let since = marker.as_ref().and_then(|marker| Second::parse(marker.created_at.as_bytes()));
        is_settled |= since.zip(earliest).is_some_and(|(since, earliest)| since <= earliest);
        if candidates.len() < CANDIDATES {
            candidates.push(Candidate { user_id: user_id.to_display()?, is_enrolled: marker.is_some() });
        }
        Ok(())
    };
    let mut visited = Ok(());
    case_variants::Search::new(conn, &schema)?.for_each(&CaseVariants::of([owner_address])?, |id| {
        visited = visit(id);
        Ok(if visited.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    visited?;
    let owner_address = owner_address.to_display()?;
    let skipped = SkippedOwner::AmbiguousUser { owner_address, candidates, candidate_count };
    Ok((!is_settled && !all_enrolled).then_some(skipped))
}
