//! The outcome of `create` and `ensure`.

use std::fmt;

use crate::marker::Marker;
use crate::savepoint::Work;

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
    /// A facilitator of this user has a `created_at` that can't be read, and it may be the earliest.
    /// [`for_each_skipped_owner`](crate::for_each_skipped_owner) names each that has to be mended.
    UnreadableDate,
}

impl Enrollment {
    /// The outcome's name wherever it appears as text: `created`, `already_enrolled`, `unknown_user`,
    /// `not_an_owner`, `ambiguous_user` or `unreadable_date`.
    pub fn name(&self) -> &'static str {
        match self {
            Enrollment::Created(_) => "created",
            Enrollment::AlreadyEnrolled(_) => "already_enrolled",
            Enrollment::UnknownUser => "unknown_user",
            Enrollment::NotAnOwner => "not_an_owner",
            Enrollment::AmbiguousUser => "ambiguous_user",
            Enrollment::UnreadableDate => "unreadable_date",
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

impl Work for Enrollment {
    fn is_to_be_kept(&self) -> bool {
        // A trigger of the host's may have written the marker that is there already.
        true
    }
}
