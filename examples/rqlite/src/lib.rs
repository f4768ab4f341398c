//! Gives the facilitator owners of an rqlite cluster their enrollment markers, with the statements of
//! [`facilitator_markers::sql`]: the loop that a backfill is, and the client that it asks.
//!
//! [`Markers::backfill`] drives any engine that runs a statement at a time: whoever has another one implements
//! [`Client`] for it. [`Rqlite`] is that of a cluster.

mod backfill;
mod client;
mod due;
mod ensure;
mod error;
mod markers;
mod node;
mod page;
mod patience;
mod quoted;
mod refused;
mod report;
mod rqlite;
mod skipped;
mod time;

pub use client::{Client, Failure, Level};
pub use due::DueOwner;
pub use ensure::Enrollment;
pub use error::Error;
pub use markers::{Markers, Progress};
pub use node::{Node, NotANode};
pub use refused::{Refusal, RefusedOwner};
pub use report::Report;
pub use rqlite::{Rqlite, Unavailable};
pub use skipped::{Candidate, SkippedOwner, UnreadableFacilitator};
pub use time::{SystemTime, Time};
