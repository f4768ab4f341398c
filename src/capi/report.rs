//! `fm_report`, `fm_audit_report` and `fm_repair_report`.

use crate::audit::AuditReport;
use crate::report::{BackfillReport, RepairReport};

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

/// What an audit found, each finding counted under its name.
#[repr(C)]
pub struct fm_audit_report {
    /// Markers that were read.
    pub markers: i64,
    /// Dated after the enrollment date.
    pub dated_late: i64,
    /// Dated in another form than YYYY-MM-DD HH:MM:SS.
    pub date_form: i64,
    /// Not verified.
    pub not_verified: i64,
    /// Further markers of the same user.
    pub duplicate: i64,
    /// Of nobody.
    pub orphan: i64,
    /// Of users to whom no facilitator belongs.
    pub not_an_owner: i64,
    /// Dated before the first facilitator.
    pub dated_early: i64,
}

impl From<AuditReport> for fm_audit_report {
    fn from(report: AuditReport) -> Self {
        fm_audit_report {
            markers: count(report.markers),
            dated_late: count(report.dated_late),
            date_form: count(report.date_form),
            not_verified: count(report.not_verified),
            duplicate: count(report.duplicate),
            orphan: count(report.orphan),
            not_an_owner: count(report.not_an_owner),
            dated_early: count(report.dated_early),
        }
    }
}

/// What a repair did.
#[repr(C)]
pub struct fm_repair_report {
    /// Markers that were read.
    pub markers: i64,
    /// Markers that were changed.
    pub repaired: i64,
    /// Markers whose change the database doesn't take.
    pub refused: i64,
}

impl From<RepairReport> for fm_repair_report {
    fn from(report: RepairReport) -> Self {
        fm_repair_report {
            markers: count(report.markers),
            repaired: count(report.repaired),
            refused: count(report.refused),
        }
    }
}

pub(super) fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
