//! What a backfill did, or would do.

/// What a backfill did, or what one would do.
///
/// `owners == created + already_enrolled + unreadable_date`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackfillReport {
    /// Distinct users to whom a facilitator belongs, and no ambiguous one could.
    pub owners: u64,
    /// Owners whose marker this backfill created.
    pub created: u64,
    /// Owners who had a marker.
    pub already_enrolled: u64,
    /// Owners who have no marker and no facilitator with a readable `created_at`.
    pub unreadable_date: u64,
    /// Distinct values of `owner_address` that mean no user.
    pub unknown_users: u64,
    /// Distinct values of `owner_address` that could mean more than one user.
    pub ambiguous_users: u64,
    /// Facilitators whose `created_at` can't be read.
    pub unreadable_dates: u64,
}
