//! The outcome of `create` and `ensure`, and the one way in which both come to it.

use std::fmt;

use rusqlite::Connection;

use crate::date::Second;
use crate::error::Error;
use crate::marker::{self, Marker, Written};
use crate::obstacle::BlockedMarker;
use crate::schema::Schema;
use crate::snapshot::reading;
use crate::text::Text;
use crate::transaction::writing;

/// What [`create_facilitator_marker`](crate::create_facilitator_marker) or
/// [`ensure_facilitator_marker`](crate::ensure_facilitator_marker) came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enrollment {
    /// The marker was written; it is given as it stands in the table now, after the host's triggers.
    Created(Marker),
    /// The user had a marker, which is unchanged. Of several, the one with the address that the library
    /// writes, else the one with the lowest `id`.
    AlreadyEnrolled(Marker),
    /// No user has this id.
    UnknownUser,
    /// No facilitator belongs to this user.
    NotAnOwner,
    /// No user has exactly this id, and several have ids that differ from it in the case of `A`-`Z` only.
    AmbiguousUser,
    /// Facilitators belong to this user, and none has a `created_at` that can be read.
    NoReadableDate,
}

impl Enrollment {
    /// The outcome's name wherever it appears as text: `created`, `already_enrolled`, `unknown_user`,
    /// `not_an_owner`, `ambiguous_user` or `no_readable_date`.
    pub fn name(&self) -> &'static str {
        match self {
            Enrollment::Created(_) => "created",
            Enrollment::AlreadyEnrolled(_) => "already_enrolled",
            Enrollment::UnknownUser => "unknown_user",
            Enrollment::NotAnOwner => "not_an_owner",
            Enrollment::AmbiguousUser => "ambiguous_user",
            Enrollment::NoReadableDate => "no_readable_date",
        }
    }

    /// The user's marker, if there is one now.
    pub fn marker(&self) -> Option<&Marker> {
        match self {
            Enrollment::Created(marker) | Enrollment::AlreadyEnrolled(marker) => Some(marker),
            _ => None,
        }
    }
}

impl fmt::Display for Enrollment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is to be done for a user.
pub(crate) enum Decision {
    /// Nothing; this is the outcome.
    Settled(Enrollment),
    /// To write the marker of this user with this enrollment date.
    Write(Text, Second),
}

/// Does what `decide` decides, on the host's tables if they are fit. Takes the write lock only if there is
/// something to write, and then lets `decide` decide again, because another connection may have written
/// before the lock was there.
pub(crate) fn enroll(
    conn: &Connection,
    decide: impl Fn(&Schema) -> Result<Decision, Error>,
) -> Result<Enrollment, Error> {
    let (schema, decision) = reading(conn, || {
        let schema = Schema::read(conn)?;
        let decision = decide(&schema)?;
        Ok((schema, decision))
    })?;
    if let Decision::Settled(enrollment) = decision {
        return Ok(enrollment);
    }
    writing(conn, || match decide(&schema)? {
        Decision::Settled(enrollment) => Ok(enrollment),
        Decision::Write(user_id, enrollment_date) => write(conn, &user_id, enrollment_date),
    })
}

fn write(conn: &Connection, user_id: &Text, enrollment_date: Second) -> Result<Enrollment, Error> {
    let written = marker::Writer::new(conn, Second::now())?.write(user_id, enrollment_date)?;
    match (written, marker::find(conn, user_id)?) {
        (Written::Yes, Some(marker)) => Ok(Enrollment::Created(marker)),
        _ => Err(Error::MarkerBlocked { count: 1, first: BlockedMarker::of(conn, user_id)?, report: None }),
    }
}
