//! `create_facilitator_marker`.

use rusqlite::Connection;

use crate::date::Second;
use crate::enroll::enroll;
use crate::enrollment::Enrollment;
use crate::error::Error;
use crate::marker::NewMarker;
use crate::memory::display;
use crate::owner::Decision;
use crate::text::Text;
use crate::user;

/// Writes the enrollment marker of exactly this user, with this enrollment date.
///
/// Use it where the date is known better than from the facilitators: an import, or a correction before the
/// first backfill. Everywhere else [`ensure_facilitator_marker`](crate::ensure_facilitator_marker) finds the
/// date itself. That a facilitator belongs to the user is not asked for.
///
/// # Arguments
///
/// - `user_id`: the id exactly as stored in `"user"`, case included.
/// - `enrollment_date`: `YYYY-MM-DD`, which may be followed by one space, `T` or `t` and `HH:MM`, `HH:MM:SS`
///   or `HH:MM:SS.fraction`, and then by a zone, which one space may precede: `Z`, `z`, or `+HH:MM`, `+HHMM`,
///   `+HH` or the same with `-`, up to 14:59. Without a zone it is UTC. The marker gets it as
///   `YYYY-MM-DD HH:MM:SS` in UTC, with the fraction cut off.
///
/// # Outcomes
///
/// [`Created`](Enrollment::Created), [`AlreadyEnrolled`](Enrollment::AlreadyEnrolled) (the marker that is
/// there stays as it is, whatever its date) or [`UnknownUser`](Enrollment::UnknownUser).
///
/// # Errors
///
/// [`Error::UnreadableDate`] before anything is read; [`Error::MissingSchema`], [`Error::MarkerRefused`] and
/// whatever SQLite answers. In each case nothing of this call remains in the
/// database.
///
/// # The connection
///
/// In autocommit mode the marker is committed when the call returns. Inside a transaction it becomes part of
/// that transaction. If there is nothing to write, no write lock is taken.
///
/// # Example
///
/// ```
/// use facilitator_markers::{Enrollment, create_facilitator_marker, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
/// conn.execute_batch(r#"INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org')"#)?;
///
/// let enrollment = create_facilitator_marker(&conn, "Xk9", "2026-01-21T01:30:00+02:00")?;
/// assert_eq!(enrollment.name(), "created");
/// assert_eq!(enrollment.marker().unwrap().created_at, "2026-01-20 23:30:00");
/// # Ok(())
/// # }
/// ```
pub fn create_facilitator_marker(
    conn: &Connection,
    user_id: &str,
    enrollment_date: &str,
) -> Result<Enrollment, Error> {
    let Some(date) = Second::parse(enrollment_date.as_bytes()) else {
        return Err(Error::UnreadableDate { date: display(enrollment_date.as_bytes())? });
    };
    let user_id = Text::copy(user_id.as_bytes())?;
    enroll(conn, |markers| {
        if !user::Search::new(conn)?.exists(&user_id)? {
            return Ok(Decision::Settled(Enrollment::UnknownUser));
        }
        Ok(match markers.find(&user_id)? {
            Some(marker) => Decision::Settled(Enrollment::AlreadyEnrolled(marker)),
            None => Decision::Write(NewMarker { user_id: user_id.again()?, enrollment_date: date }),
        })
    })
}
