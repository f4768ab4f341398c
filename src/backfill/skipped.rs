//! The owners that a backfill leaves unenrolled, and why.

use std::fmt;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::partition::{Partition, Standing};
use super::scan::{Flow, Scan};
use super::survey::{Survey, scan_of_facilitators};
use crate::error::Error;
use crate::marker;
use crate::refused::{self, RefusedMarker};
use crate::schema::Schema;
use crate::text::Text;
use crate::user;
use crate::value::Value;

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
    /// The facilitators with this `owner_address` could belong to more than one user.
    AmbiguousUser {
        /// The address.
        owner_address: String,
        /// The users it could mean, the first ten of them. A backfill enrolls none of these.
        user_ids: Vec<String>,
    },
    /// None of the user's facilitators has a `created_at` that can be read.
    UnreadableDate {
        /// The user.
        user_id: String,
    },
    /// Another row is in the place of the user's marker.
    MarkerRefused(RefusedMarker),
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
}

impl fmt::Display for SkippedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkippedOwner::UnknownUser { owner_address } => write!(
                f,
                "owner_address {owner_address:?} names no user; set it to the id of the user to whom the facilitator \
                 belongs, in lower case, or delete the facilitator"
            ),
            SkippedOwner::AmbiguousUser { owner_address, user_ids } => write!(
                f,
                "owner_address {owner_address:?} could mean any of the users {user_ids:?}; find out which, and have the \
                 server call ensure_facilitator_marker with exactly that id"
            ),
            SkippedOwner::UnreadableDate { user_id } => write!(
                f,
                "no facilitator of user {user_id:?} has a created_at that can be read; set one to YYYY-MM-DD HH:MM:SS, \
                 UTC"
            ),
            SkippedOwner::MarkerRefused(blocked) => blocked.fmt(f),
        }
    }
}

/// Tells `f` each owner that a backfill would leave unenrolled, and why. Writes nothing.
///
/// Memory stays within the bound of [`Backfill`](crate::Backfill), however many owners there are. They come
/// in no particular order.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers; `f` may have been told of some owners by then.
///
/// # The connection
///
/// While `f` runs no statement is open and no lock is held, so `f` may use the connection and may take its
/// time. In exchange, what is changed meanwhile may or may not be told.
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
pub fn for_each_skipped_owner(conn: &Connection, f: impl FnMut(SkippedOwner)) -> Result<(), Error> {
    list(conn, Partition::new(), f)
}

/// How many rows are read at a time.
const ROWS: u64 = 8_192;

pub(super) fn list(
    conn: &Connection,
    mut partition: Partition,
    mut f: impl FnMut(SkippedOwner),
) -> Result<(), Error> {
    let schema = Schema::read(conn)?;
    loop {
        let mut survey = Survey::new(&schema);
        while !survey.is_finished() {
            survey.read(conn, &schema, &mut partition, ROWS)?;
        }
        list_addresses(conn, &schema, &mut partition, &mut f)?;
        list_users(conn, &partition, &mut f)?;
        if !partition.advance() {
            return Ok(());
        }
    }
}

/// Lists the owner addresses that mean no user, or could mean several.
fn list_addresses(
    conn: &Connection,
    schema: &Schema,
    partition: &mut Partition,
    f: &mut impl FnMut(SkippedOwner),
) -> Result<(), Error> {
    let mut facilitators = scan_of_facilitators(schema);
    loop {
        let mut skipped = Vec::new();
        let piece = facilitators.read(conn, ROWS, |row| {
            let owner_address = row.get_ref(0)?;
            let facilitator = partition.facilitator(owner_address, None);
            let index = facilitator.and_then(|facilitator| partition.index_of(&facilitator));
            if let Some(index) = index {
                let standing = partition.standing(index);
                if matches!(standing, Standing::Unknown | Standing::Ambiguous) && partition.list(index) {
                    skipped.push((Value::from(owner_address), standing));
                }
            }
            Ok(Flow::GoOn)
        })?;
        let mut case_variants = user::CaseVariants::new(conn, schema)?;
        for (address, standing) in skipped {
            let owner_address = address.to_display();
            f(match (standing, &address) {
                (Standing::Ambiguous, Value::Text(text)) => {
                    let users = case_variants.of(text, CANDIDATES)?;
                    SkippedOwner::AmbiguousUser {
                        owner_address,
                        user_ids: users.iter().map(Text::to_display).collect(),
                    }
                }
                _ => SkippedOwner::UnknownUser { owner_address },
            });
        }
        if piece.is_last() {
            return Ok(());
        }
        facilitators.move_past(piece);
    }
}

/// Lists the owners whose facilitators have no readable date, and those whose marker's place is taken.
fn list_users(
    conn: &Connection,
    partition: &Partition,
    f: &mut impl FnMut(SkippedOwner),
) -> Result<(), Error> {
    let mut users = Scan::of_users();
    loop {
        let mut unenrolled = Vec::new();
        let piece = users.read(conn, ROWS, |row| {
            let ValueRef::Text(id) = row.get_ref(0)? else { return Ok(Flow::End) };
            if let Some(standing @ (Standing::Undated | Standing::Due(_))) = partition.standing_of(id) {
                unenrolled.push((Text(id.to_vec()), standing));
            }
            Ok(Flow::GoOn)
        })?;
        let mut obstacles = refused::Search::new(conn)?;
        for (id, standing) in unenrolled {
            let user_id = id.to_display();
            if standing == Standing::Undated {
                f(SkippedOwner::UnreadableDate { user_id });
            } else if let Some(obstacle) = obstacles.find(&id)? {
                // `f` may have enrolled the user.
                if marker::find(conn, &id)?.is_none() {
                    f(SkippedOwner::MarkerRefused(RefusedMarker { user_id, obstacle }));
                }
            }
        }
        if piece.is_last() {
            return Ok(());
        }
        users.move_past(piece);
    }
}
