//! The backfill: who is an owner without a marker, and the marker for each of them.
//!
//! It is a hash join in bounded memory, trust by data version, reading before the lock, and many rows a statement:
//!
//! ```text
//! facilitators ─┐                                       due owners, in order of their ids
//! users ────────┼─ pages ─> read ─> addresses ─> matched ────────> write ─> reward_addresses
//! markers ──────┘           (hash join, in parts)             │
//!                                                             └─ no longer fresh: recheck, owner by owner
//! ```
//!
//! - [`pages`] reads a table page by page, and holds nothing between two of them.
//! - [`read`] is the read phase: it adds facilitators to [`addresses`], the build side of the join, and probes it with
//!   users and markers. What doesn't fit in memory is divided into parts by hash, and each part is a pass of its own.
//! - [`freshness`] is the data version that all pages had. As long as the database still has it, what was read is
//!   true, and markers are written as they are. Otherwise [`recheck`] looks each owner up again.
//! - [`write`](mod@write) is one step's transaction: recheck before the lock, then many rows a statement, refused ones apart.
//! - [`round`] goes from one to the next, and [`call`], [`steps`] and [`preview`] drive it.
//! - [`unenrolled`] goes through those without a marker for the lists of [`due`] and [`skipped`].

mod addresses;
mod budget;
mod call;
mod due;
mod freshness;
mod hash;
mod laps;
mod matched;
mod pages;
mod preview;
mod progress;
mod read;
mod recheck;
mod refused_markers;
mod round;
mod skipped;
mod steps;
mod unenrolled;
mod visited;
mod write;

pub use self::call::backfill_facilitator_markers;
pub use self::due::{DueOwner, for_each_due_owner};
pub use self::preview::{Preview, Warning, preview_facilitator_markers};
pub use self::progress::{Progress, StepResult};
pub use self::round::Round;
pub use self::skipped::{Candidate, SkippedOwner, for_each_skipped_owner};
pub use self::steps::Backfill;
