//! Who owns what, in bounded memory: a hash join of the host's tables, read page by page.
//!
//! ```text
//! facilitators ─┐
//! users ────────┼─ pages ─> read ─> addresses
//! markers ──────┘           (hash join, in parts)
//! ```
//!
//! - [`pages`] reads a table page by page, and holds nothing between two of them.
//! - [`read`] is the read phase: it adds facilitators to [`addresses`], the build side of the join, and probes it with
//!   users, and with markers where these are sought too. What doesn't fit in memory is divided into parts by hash, and each
//!   part is a pass of its own.
//! - [`freshness`] is the data version that all pages had. As long as the database still has it, what was read is true.
//!   Otherwise [`recheck`] looks each user up again.
//! - [`matched`] keeps the users to whom facilitators belong.

pub(crate) mod addresses;
pub(crate) mod freshness;
mod hash;
pub(crate) mod laps;
pub(crate) mod matched;
pub(crate) mod pages;
pub(crate) mod read;
pub(crate) mod recheck;
