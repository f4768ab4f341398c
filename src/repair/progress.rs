//! How far a repair is.

use crate::report::RepairReport;

/// How far a repair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairProgress {
    /// Whether everything has been visited.
    pub is_done: bool,
    /// The counts so far.
    pub report: RepairReport,
}
