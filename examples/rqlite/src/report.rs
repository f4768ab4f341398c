//! What a backfill did.

use serde_json::Value;

/// What a backfill did, or what one would do: the counts of the library's `BackfillReport`.
///
/// `owners == created + already_enrolled + unreadable_date + refused`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Distinct users to whom a facilitator belongs, and no ambiguous one could.
    pub owners: u64,
    /// Owners whose marker was missing and is there now.
    pub created: u64,
    /// Owners who had a marker.
    pub already_enrolled: u64,
    /// Owners who have no marker and a facilitator whose `created_at` can't be read.
    pub unreadable_date: u64,
    /// Owners who have no marker because the database doesn't take it.
    pub refused: u64,
    /// Distinct values of `owner_address` that mean no user.
    pub unknown_users: u64,
    /// Distinct values of `owner_address` that could mean more than one user.
    pub ambiguous_users: u64,
    /// Facilitators whose `created_at` can't be read.
    pub unreadable_dates: u64,
}

impl Report {
    /// From the one row of the statement.
    pub(crate) fn read(rows: &[Vec<Value>]) -> Option<Self> {
        let [row] = rows else { return None };
        let counts: Vec<u64> = row.iter().map(Value::as_u64).collect::<Option<_>>()?;
        let [
            owners,
            created,
            already_enrolled,
            unreadable_date,
            refused,
            unknown_users,
            ambiguous_users,
            unreadable_dates,
        ] = counts[..]
        else {
            return None;
        };
        Some(Report {
            owners,
            created,
            already_enrolled,
            unreadable_date,
            refused,
            unknown_users,
            ambiguous_users,
            unreadable_dates,
        })
    }
}
