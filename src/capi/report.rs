//! `fm_report`.

use crate::report::BackfillReport;

/// What a backfill did, or would do. owners = created + already_enrolled + unreadable_date + refused.
#[repr(C)]
pub struct fm_report {
    /// Distinct users to whom a facilitator belongs, and no ambiguous one could.
    pub owners: i64,
    /// Owners whose marker this backfill created.
    pub created: i64,
    /// Owners who had a marker.
    pub already_enrolled: i64,
    /// Owners who have no marker and a facilitator whose created_at can't be read: it may be the earliest.
    pub unreadable_date: i64,
    /// Owners who have no marker because the database doesn't take it.
    pub refused: i64,
    /// Distinct values of owner_address that mean no user.
    pub unknown_users: i64,
    /// Distinct values of owner_address that could mean more than one user.
    pub ambiguous_users: i64,
    /// Facilitators whose created_at can't be read.
    pub unreadable_dates: i64,
}

impl From<BackfillReport> for fm_report {
    fn from(report: BackfillReport) -> Self {
        fm_report {
            owners: count(report.owners),
            created: count(report.created),
            already_enrolled: count(report.already_enrolled),
            unreadable_date: count(report.unreadable_date),
            refused: count(report.refused),
            unknown_users: count(report.unknown_users),
            ambiguous_users: count(report.ambiguous_users),
            unreadable_dates: count(report.unreadable_dates),
        }
    }
}

pub(super) fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
