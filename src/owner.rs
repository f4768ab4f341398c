//! What is to be done for an owner.

use crate::enrollment::Enrollment;
use crate::error::Error;
use crate::facilitators::Dates;
use crate::marker::{Marker, NewMarker};
use crate::text::Text;

/// What is to be done for a user.
pub(crate) enum Decision {
    /// Nothing; this is the outcome.
    Settled(Enrollment),
    /// To write this marker.
    Write(NewMarker),
}

/// What is to be done for a user who exists and has this marker, if any, and to whom facilitators with these
/// dates belong.
pub(crate) fn decide(
    user_id: Text,
    marker: Option<Marker>,
    dates: impl FnOnce(&Text) -> Result<Dates, Error>,
) -> Result<Decision, Error> {
    if let Some(marker) = marker {
        return Ok(Decision::Settled(Enrollment::AlreadyEnrolled(marker)));
    }
    let dates = dates(&user_id)?;
    Ok(match dates.earliest {
        _ if dates.any_unreadable => Decision::Settled(Enrollment::UnreadableDate),
        Some(enrollment_date) => Decision::Write(NewMarker { user_id, enrollment_date }),
        None => Decision::Settled(Enrollment::NotAnOwner),
    })
}
