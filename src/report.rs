//! What a backfill or a repair did, or would do.

/// What a backfill did, or what one would do.
///
/// `owners == created + already_enrolled + unreadable_date + refused`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackfillReport {
    /// Distinct users to whom a facilitator belongs, and no ambiguous one could.
    pub owners: u64,
    /// Owners whose marker this backfill created.
    pub created: u64,
    /// Owners who had a marker.
    pub already_enrolled: u64,
    /// Owners who have no marker and a facilitator whose `created_at` can't be read: it may be the earliest.
    pub unreadable_date: u64,
    /// Owners who have no marker because the database doesn't take it. See
    /// [`Error::MarkerRefused`](crate::Error::MarkerRefused).
    pub refused: u64,
    /// Distinct values of `owner_address` that mean no user.
    pub unknown_users: u64,
    /// Distinct values of `owner_address` that could mean more than one user, also where the host has settled
    /// it by enrolling one of them.
    pub ambiguous_users: u64,
    /// Facilitators whose `created_at` can't be read.
    pub unreadable_dates: u64,
}

/// What a repair did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairReport {
    /// Markers that were read.
    pub markers: u64,
    /// Markers that were changed.
    pub repaired: u64,
    /// Markers whose change the database doesn't take. See [`Error::RepairRefused`](crate::Error::RepairRefused).
    pub refused: u64,
}
