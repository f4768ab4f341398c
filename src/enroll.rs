//! The one way in which `create` and `ensure` come to their outcome.

use rusqlite::Connection;

use crate::date::Second;
use crate::enrollment::Enrollment;
use crate::error::{Error, RefusedMarker, turned_away};
use crate::fitness::Fitness;
use crate::insert::{Writer, Written};
use crate::interrupt::Interruptible;
use crate::marker::{self, Marker, NewMarker};
use crate::owner::Decision;
use crate::savepoint::{reading_then_writing, writing};
use crate::schema::Schema;
use crate::snapshot::reading;

/// Does what `decide` decides. Takes the write lock only if there is something to write.
pub(crate) fn enroll(
    conn: &Connection,
    decide: impl Fn(&mut marker::Search<'_>) -> Result<Decision, Error>,
) -> Result<Enrollment, Error> {
    Interruptible::new(conn)
        .and_then(|conn| attempt(&conn, decide))
        .map_err(|error| Schema::explain(conn, error))
}

fn attempt(
    conn: &Interruptible<'_>,
    decide: impl Fn(&mut marker::Search<'_>) -> Result<Decision, Error>,
) -> Result<Enrollment, Error> {
    let decide = || {
        let mut markers = marker::Search::new(conn)?;
        let decision = decide(&mut markers)?;
        match decision {
            Decision::Settled(_) => drop(Schema::read(conn)?),
            // What else the schema may lack shows when the marker is written.
            Decision::Write(_) => Schema::require_what_no_write_needs(conn)?,
        }
        Ok((decision, markers))
    };
    let decide_and_write = || match decide()? {
        (Decision::Settled(enrollment), _) => Ok(enrollment),
        (Decision::Write(marker), markers) => write(conn, &marker, markers),
    };
    if let Some(enrollment) = reading_then_writing(conn, decide_and_write)? {
        return Ok(enrollment);
    }
    // Somebody else is writing, or may be. That is worth waiting for only if there is something to write.
    match reading(conn, || decide().map(|(decision, _)| decision))? {
        Decision::Settled(enrollment) => Ok(enrollment),
        Decision::Write(_) => writing(conn, decide_and_write),
    }
}

fn write(
    conn: &Connection,
    marker: &NewMarker,
    mut markers: marker::Search<'_>,
) -> Result<Enrollment, Error> {
    let verified_at = Second::now();
    let written = match Writer::new(conn, verified_at) {
        Ok(mut writer) => writer.write(marker, &mut markers)?,
        Err(error) => Written::Refused(turned_away(error)?),
    };
    let refusal = match written {
        Written::Created(None) => return Ok(Enrollment::Created(Marker::as_written(marker, verified_at)?)),
        Written::Created(Some(marker)) => return require_seen(conn, marker).map(Enrollment::Created),
        Written::AlreadyEnrolled(marker) => {
            return require_seen(conn, marker).map(Enrollment::AlreadyEnrolled);
        }
        Written::Refused(refusal) => {
            // Where the schema lacks something, or a column is hidden, that is why.
            Schema::read(conn)?;
            Fitness::read(conn)?.explain(refusal)
        }
    };
    Err(Error::MarkerRefused { count: 1, first: RefusedMarker::new(&marker.user_id, refusal)?, report: None })
}

/// The marker that was found. Where a column of it is hidden, the schema says so.
fn require_seen(conn: &Connection, marker: Marker) -> Result<Marker, Error> {
    if marker.lacks_something() {
        Schema::read(conn)?;
    }
    Ok(marker)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rusqlite::OpenFlags;

    use super::*;
    use crate::ensure::decide;
    use crate::text::Text;

    const ADD_FACILITATOR: &str = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                                   VALUES ('early', 'Pay', 'early', 'ada', '2020-01-01 00:00:00')";

    fn open(uri: &str) -> Connection {
        Connection::open_with_flags(uri, OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI).unwrap()
    }

    fn add_owner(conn: &Connection) {
        conn.execute_batch(include_str!("../tests/host/schema.sql")).unwrap();
        conn.execute_batch(
            "INSERT INTO \"user\"(id, name, email) VALUES ('ada', 'Ada', 'ada@example.org');
             INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
             VALUES ('late', 'Pay', 'late', 'ada', '2026-01-21 10:00:00')",
        )
        .unwrap();
    }

    /// Enrolls Ada, and does `meanwhile` once, between reading and writing.
    fn enroll_while(conn: &Connection, meanwhile: impl Fn()) -> Enrollment {
        let done = Cell::new(false);
        let decide = |markers: &mut marker::Search<'_>| {
            let decision = decide(conn, &Text::from("ada"), markers);
            if !done.replace(true) {
                meanwhile();
            }
            decision
        };
        enroll(conn, decide).unwrap()
    }

    #[test]
    fn what_is_committed_between_reading_and_writing_counts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let uri = format!("file:{}", file.path().display());
        let (conn, other) = (open(&uri), open(&uri));
        conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        add_owner(&conn);
        let enrollment = enroll_while(&conn, || {
            other.execute(ADD_FACILITATOR, []).unwrap();
        });
        assert_eq!(enrollment.name(), "created");
        assert_eq!(enrollment.marker().unwrap().created_at, "2020-01-01 00:00:00");
    }

    #[test]
    fn what_is_taken_back_between_reading_and_writing_does_not_count() {
        let uri = "file:taken_back?mode=memory&cache=shared";
        let (conn, other) = (open(uri), open(uri));
        add_owner(&conn);
        conn.execute_batch("PRAGMA read_uncommitted = ON").unwrap();
        other.execute_batch("BEGIN").unwrap();
        other.execute(ADD_FACILITATOR, []).unwrap();
        let enrollment = enroll_while(&conn, || other.execute_batch("ROLLBACK").unwrap());
        assert_eq!(enrollment.marker().unwrap().created_at, "2026-01-21 10:00:00");
    }

    #[test]
    fn a_commit_that_a_reader_blocks_is_tried_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let uri = format!("file:{}", file.path().display());
        let (conn, reader) = (open(&uri), open(&uri));
        conn.busy_timeout(std::time::Duration::ZERO).unwrap();
        add_owner(&conn);
        let mut users = reader.prepare("SELECT id FROM \"user\"").unwrap();
        let mut rows = users.query([]).unwrap();
        rows.next().unwrap();
        let decisions = Cell::new(0);
        let error = enroll(&conn, |markers| {
            decisions.set(decisions.get() + 1);
            decide(&conn, &Text::from("ada"), markers)
        });
        assert_eq!(error.unwrap_err().code(), rusqlite::ffi::SQLITE_BUSY);
        assert_eq!(decisions.get(), 1);
    }
}
