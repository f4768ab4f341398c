//! The owners that a backfill leaves unenrolled, and why.

use std::fmt;

use crate::error::BlockedMarker;

/// How many candidates [`SkippedOwner::AmbiguousUser`] names at most.
pub(crate) const CANDIDATES: usize = 10;

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
    NoReadableDate {
        /// The user.
        user_id: String,
    },
    /// Another row is in the place of the user's marker.
    MarkerBlocked(BlockedMarker),
}

impl SkippedOwner {
    /// The reason's name wherever it appears as text: `unknown_user`, `ambiguous_user`, `no_readable_date` or
    /// `marker_blocked`.
    pub fn reason(&self) -> &'static str {
        match self {
            SkippedOwner::UnknownUser { .. } => "unknown_user",
            SkippedOwner::AmbiguousUser { .. } => "ambiguous_user",
            SkippedOwner::NoReadableDate { .. } => "no_readable_date",
            SkippedOwner::MarkerBlocked(_) => "marker_blocked",
        }
    }
}

impl fmt::Display for SkippedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkippedOwner::UnknownUser { owner_address } => write!(
                f,
                "owner_address {owner_address:?} names no user; set it to the id of the user to whom the facilitator \
                 belongs, or delete the facilitator"
            ),
            SkippedOwner::AmbiguousUser { owner_address, user_ids } => write!(
                f,
                "owner_address {owner_address:?} could mean any of the users {user_ids:?}; set it to the exact id of \
                 the right one"
            ),
            SkippedOwner::NoReadableDate { user_id } => write!(
                f,
                "no facilitator of user {user_id:?} has a created_at that can be read; set one to YYYY-MM-DD HH:MM:SS, \
                 UTC"
            ),
            SkippedOwner::MarkerBlocked(blocked) => blocked.fmt(f),
        }
    }
}
