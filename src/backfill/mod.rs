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
//! - [`pages`](crate::join::pages) reads a table page by page, and holds nothing between two of them.
//! - [`read`](crate::join::read) is the read phase: it adds facilitators to [`addresses`](crate::join::addresses), the build side of the join, and probes it with
//!   users and markers. What doesn't fit in memory is divided into parts by hash, and each part is a pass of its own.
//! - [`freshness`](crate::join::freshness) is the data version that all pages had. As long as the database still has it, what was read is
//!   true, and markers are written as they are. Otherwise [`recheck`](crate::join::recheck) looks each owner up again.
//! - [`write`](mod@write) is one step's transaction: recheck before the lock, then many rows a statement, refused ones apart.
//! - [`round`] goes from one to the next, and [`call`], [`steps`] and [`preview`] drive it.
//! - [`pace`](crate::step::pace) says how long a call of many steps writes at a stretch, and when it leaves the lock to others.
//! - [`unenrolled`] goes through those without a marker for the lists of [`due`] and [`skipped`].
//!
//! # What each trick is worth
//!
//! How much longer a backfill takes without it, on its first run and where nothing is to be written. These are medians of
//! five rounds, in which all took turns on copies of one file, on a virtual machine with two processors: steps of 500
//! without pauses, a WAL, `synchronous` NORMAL; typical is 100,000 users and 2,000 facilitators, large 1,000,000 of both.
//! What is below 5 % may be chance.
//!
//! | without | typical, first | repeat | large, first | repeat |
//! |---|---|---|---|---|
//! | many rows a statement (`insert.rs`) | 116 % | −2 % | 178 % | −5 % |
//! | the remembered ids (`matched.rs`) | 77 % | 4 % | −3 % | −2 % |
//! | ids in batches (`Ids` in `read.rs`) | 19 % | 23 % | 3 % | 32 % |
//! | hashes of our own, but the standard library's (`hash.rs`) | 8 % | 11 % | −1 % | 11 % |
//! | a batch's addresses fetched together (`warm` in `addresses.rs`) | −1 % | −4 % | −1 % | 11 % |
//! | the short cut through the schema (`require_what_no_write_needs`) | 6 % | 5 % | −2 % | −4 % |
//!
//! That short cut is there for `ensure`, which takes 27 % longer without it where it writes. Deleted, because it was worth
//! less than 5 %: a distance up to which users are passed one by one before the first seek to the next case variant (5, −2,
//! −2 and 2 %; −10 and 4 % where each owner is looked up again).
//!
//! What is small counts where it is many: of 61 rounds of one call on the typical file, against all of these left out, a
//! list of values in the place of numbered rows and batches as large as pays (`insert.rs`) saved 4 %, and where addresses
//! are few, a mostly empty directory (`directory.rs`) and no fetching 4 %.

mod call;
mod due;
mod preview;
mod progress;
mod refused_markers;
mod round;
mod skipped;
mod steps;
mod still_due;
mod unenrolled;
mod visited;
mod write;

pub use self::call::backfill_facilitator_markers;
#[cfg(feature = "capi")]
pub(crate) use self::due::try_for_each_due_owner;
pub use self::due::{DueOwner, DueOwners, for_each_due_owner};
pub use self::preview::{Preview, Warning, preview_facilitator_markers};
pub use self::progress::Progress;
pub use self::round::Round;
#[cfg(feature = "capi")]
pub(crate) use self::skipped::try_for_each_skipped_owner;
pub use self::skipped::{Candidate, SkippedOwner, SkippedOwners, for_each_skipped_owner};
pub use self::steps::Backfill;
