//! The audit: which markers are wrong, and what would mend them.
//!
//! ```text
//! facilitators, users ─ join ─> addresses ─┐
//! markers ─────────────────────────────────┴─> suspects ─> (no longer fresh: examine) ─> judge ─> findings
//! ```
//!
//! - [`pass`] reads the tables page by page, and [`suspects`] passes over the markers that are as the library writes them.
//! - [`examine`] looks up whose markers the others are, unless the addresses know it and are still fresh.
//! - [`judge`](mod@judge) says what is wrong with each, and what a repair writes to it.

mod amount;
pub(crate) mod call;
mod cost;
pub(crate) mod examine;
pub(crate) mod finding;
pub(crate) mod judge;
mod mend;
pub(crate) mod pass;
pub(crate) mod report;
pub(crate) mod round;
pub(crate) mod row;
pub(crate) mod suspects;

pub use self::call::audit_facilitator_markers;
#[cfg(feature = "capi")]
pub(crate) use self::call::try_audit_facilitator_markers;
pub use self::cost::Cost;
pub use self::finding::{Finding, Wrong};
pub use self::mend::Mend;
pub use self::report::AuditReport;
pub use self::round::AuditRound;
