//! The owners whom a backfill would enroll.

use std::fmt;

use rusqlite::Connection;

use super::refused_markers::RefusedMarkers;
use super::unenrolled::{Listing, Unenrolled};
use crate::date::Second;
use crate::error::Error;
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::quoted::Quoted;

/// An owner whom a backfill would enroll. Displayed, a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DueOwner {
    /// The user's id, as stored in `"user"`.
    pub user_id: String,
    /// The date that the marker would get: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub enrollment_date: String,
    /// Whether that is later than the clock. A marker is written all the same, because the host's data say so,
    /// and nothing counts until then.
    pub is_to_come: bool,
}

impl fmt::Display for DueOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} would be enrolled since {}", Quoted(&self.user_id), self.enrollment_date)?;
        if self.is_to_come {
            f.write_str(", which is still to come: check the created_at of the user's facilitators")?;
        }
        Ok(())
    }
}

/// Tells `f` each owner whom a backfill would enroll now, and since when. Writes nothing, and works on a
/// read-only connection.
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
/// While `f` runs, no lock is held and no state of the database, so `f` may use the connection and may take its
/// time; only VACUUM is refused, because a statement that reads no table runs, lest an interrupt be forgotten. In
/// exchange, what is changed meanwhile may or may not be told.
///
/// # Example
///
/// ```
/// use facilitator_markers::{for_each_due_owner, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
/// #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21T10:00:00Z');
/// # "#)?;
/// let mut due = Vec::new();
/// for_each_due_owner(&conn, |owner| due.push(owner.to_string()))?;
/// assert_eq!(due, ["user \"Xk9\" would be enrolled since 2026-01-21 10:00:00"]);
/// # Ok(())
/// # }
/// ```
pub fn for_each_due_owner(conn: &Connection, mut f: impl FnMut(DueOwner)) -> Result<(), Error> {
    try_for_each_due_owner(conn, |owner| {
        f(owner);
        Ok(())
    })
}

/// As [`for_each_due_owner`], until `f` fails: then with its error.
pub(crate) fn try_for_each_due_owner(
    conn: &Connection,
    mut f: impl FnMut(DueOwner) -> Result<(), Error>,
) -> Result<(), Error> {
    let conn = Interruptible::new(conn)?;
    let mut owners = DueOwners::new(&conn)?;
    while let Some(owner) = owners.next(&conn)? {
        f(owner)?;
    }
    Ok(())
}

/// The owners whom a backfill would enroll, one after the other, apart from the connection.
pub struct DueOwners {
    listing: Listing,
    now: Second,
}

impl DueOwners {
    /// Begins. Reads the clock, the schema and the number of facilitators.
    ///
    /// # Errors
    ///
    /// As [`for_each_due_owner`].
    pub fn new(conn: &Connection) -> Result<Self, Error> {
        let listing = Listing::new(conn, Addresses::new)?;
        Ok(DueOwners { listing, now: Second::now() })
    }

    /// The next one; nothing once all have been given.
    ///
    /// # Errors
    ///
    /// As [`for_each_due_owner`].
    pub fn next(&mut self, conn: &Connection) -> Result<Option<DueOwner>, Error> {
        while let Some(unenrolled) = self.listing.next(conn, &RefusedMarkers::default())? {
            if let Unenrolled::Due(user_id, date) = unenrolled {
                let (user_id, enrollment_date) = (user_id.to_display()?, date.to_string());
                return Ok(Some(DueOwner { user_id, enrollment_date, is_to_come: date > self.now }));
            }
        }
        Ok(None)
    }
}
