//! `ensure_facilitator_marker`.

use rusqlite::Connection;

use crate::enroll::enroll;
use crate::enrollment::Enrollment;
use crate::error::Error;
use crate::facilitators;
use crate::marker;
use crate::owner::{self, Decision};
use crate::text::Text;
use crate::user::{self, Named};

/// Makes sure that an owner has an enrollment marker, dated with the earliest `created_at` among the owner's
/// facilitators.
///
/// Call it wherever a facilitator is created, inside the transaction that inserts the facilitator: then there
/// is never one without the other.
///
/// # Arguments
///
/// - `user_id`: the id as stored in `"user"`, or as an `owner_address` has it, in lower case. The user with
///   exactly this id is meant; if there is none, the only user whose id differs from it in nothing but the
///   case of `A`-`Z`.
///
/// # Outcomes
///
/// [`Created`](Enrollment::Created); else the first that applies of [`UnknownUser`](Enrollment::UnknownUser)
/// or [`AmbiguousUser`](Enrollment::AmbiguousUser), [`AlreadyEnrolled`](Enrollment::AlreadyEnrolled) (the
/// marker that is there stays as it is), [`NotAnOwner`](Enrollment::NotAnOwner) and
/// [`UnreadableDate`](Enrollment::UnreadableDate).
///
/// A facilitator belongs to the user if its `owner_address` is the user's id or that in lower case. One in
/// lower case may mean other users too, whose ids differ in case only; a caller who names an existing user
/// exactly has decided that it is this one.
///
/// # Errors
///
/// [`Error::MissingSchema`], [`Error::MarkerRefused`] and whatever SQLite answers.
/// In each case nothing of this call remains in the database.
///
/// # The connection
///
/// In autocommit mode the marker is committed when the call returns. Inside a transaction it becomes part of
/// that transaction. If there is nothing to write, no write lock is taken.
///
/// # Example
///
/// ```
/// use facilitator_markers::{ensure_facilitator_marker, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org')"#)?;
/// let transaction = conn.transaction()?;
/// transaction.execute(
///     "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
///      VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21 10:00:00')",
///     [],
/// )?;
/// let enrollment = ensure_facilitator_marker(&transaction, "xk9")?;
/// transaction.commit()?;
///
/// let marker = enrollment.marker().unwrap();
/// assert_eq!((marker.user_id.as_str(), marker.created_at.as_str()), ("Xk9", "2026-01-21 10:00:00"));
/// # Ok(())
/// # }
/// ```
pub fn ensure_facilitator_marker(conn: &Connection, user_id: &str) -> Result<Enrollment, Error> {
    let argument = Text::copy(user_id.as_bytes())?;
    enroll(conn, |markers| decide(conn, &argument, markers))
}

pub(crate) fn decide(
    conn: &Connection,
    argument: &Text,
    markers: &mut marker::Search<'_>,
) -> Result<Decision, Error> {
    let user_id = match user::find(conn, argument)? {
        Named::One(user_id) => user_id,
        Named::Nobody => return Ok(Decision::Settled(Enrollment::UnknownUser)),
        Named::Several => return Ok(Decision::Settled(Enrollment::AmbiguousUser)),
    };
    let marker = markers.find(&user_id)?;
    owner::decide(user_id, marker, |user_id| {
        Ok(facilitators::Search::for_one(conn)?.dates_of(&[user_id])?.pop().unwrap_or_default())
    })
}
