//! How far a backfill is.

use crate::report::BackfillReport;

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Owners visited: those in the report.
    pub owners_visited: u64,
    /// Owners still to visit: at most this many, and 0 exactly when the backfill is finished. As long as the
    /// tables are being read this is the number of facilitators.
    pub remaining: u64,
    /// The counts so far.
    pub report: BackfillReport,
}
