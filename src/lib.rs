//! Enrollment markers in the database of an x402 payment platform, over a SQLite connection that the host
//! owns.
//!
//! On such a platform people own white-labelled payment *facilitators* and earn rewards for the volume that
//! these settle. The platform counts an owner's volume only from the date on an *enrollment marker*: one row
//! of `reward_addresses` with `chain_type = 'facilitator'`. Without it the volume reads zero; with a marker
//! dated today, all earlier volume is lost. This library writes that row, dated with the earliest
//! `created_at` among the owner's facilitators. If one of these can't be read the date isn't known, since it may
//! be the earliest: such an owner is left out, and told of.
//!
//! | to | call |
//! |---|---|
//! | make sure that an owner has a marker, where a facilitator is created | [`ensure_facilitator_marker`] |
//! | write a marker with a date that is known better | [`create_facilitator_marker`] |
//! | write all that are missing, at server start | [`backfill_facilitator_markers`] |
//! | do that beside other work, in steps | [`Backfill`] |
//! | see what a backfill would do, writing nothing | [`preview_facilitator_markers`] |
//! | list who would be enrolled, and since when | [`for_each_due_owner`] |
//! | list who is left out, why, and what to do about it | [`for_each_skipped_owner`] |
//!
//! # Example
//!
//! ```
//! use facilitator_markers::{backfill_facilitator_markers, ensure_facilitator_marker, rusqlite::Connection};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let conn = Connection::open_in_memory()?;
//! # conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
//! # conn.execute_batch(r#"
//! #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
//! #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
//! #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21T10:00:00Z');
//! # "#)?;
//! let enrollment = ensure_facilitator_marker(&conn, "Xk9")?;
//! assert_eq!(enrollment.marker().unwrap().created_at, "2026-01-21 10:00:00");
//!
//! let report = backfill_facilitator_markers(&conn)?;
//! assert_eq!((report.owners, report.already_enrolled), (1, 1));
//! # Ok(())
//! # }
//! ```
//!
//! # Whose facilitator it is
//!
//! A facilitator belongs to the user whose id its `owner_address` is, exactly or with `A`-`Z` in lower case;
//! most hosts store the latter. Case is never guessed any further, and nothing else is folded. Where an
//! address in lower case could mean several users, whose ids differ in case only, a backfill enrolls none of
//! them: money must not go to the wrong account.
//!
//! # The connection stays the host's
//!
//! - No setting is changed, and nothing is left behind on it: no pragma, function, hook, temporary table or
//!   open statement.
//! - In autocommit mode a call commits what it writes. Inside a transaction it becomes part of that
//!   transaction, and an error undoes the call's own work only. Where SQLite itself ended the transaction,
//!   the error says so.
//! - A call with nothing to write takes no write lock and changes no byte.
//! - `sqlite3_interrupt()` stops a call at whatever moment it comes, also between its statements and in its pauses;
//!   only SQLite's own wait for a lock goes on until the busy timeout.
//! - No row is ever removed, and no existing one changed but by [`repair_facilitator_markers`] and [`Repair`].
//! - What a call writes counts for `changes()` and `last_insert_rowid()`, as any insert does.
//!
//! # The host's tables
//!
//! `"user"`, `facilitators` and `reward_addresses`, in `main`. `docs/schema.md` in the repository lists the columns
//! and unique constraints that have to be there; what is missing is named by [`Error::MissingSchema`]. More columns
//! may be there, with a default if they are NOT NULL.
//!
//! # SQLite
//!
//! 3.40 or later, with its core functions only. The library depends on a range of [`rusqlite`] versions and
//! re-exports the one in use, so that a host keeps the version that it has. The feature `bundled` compiles
//! SQLite in, for a program that has none.

mod audit;
mod backfill;
#[cfg(feature = "capi")]
#[allow(non_camel_case_types, reason = "the names are those of the C header")]
mod capi;
mod case_variants;
mod check;
mod connection;
mod create;
mod date;
mod encoding;
mod enroll;
mod enrollment;
mod ensure;
mod error;
mod facilitators;
mod fitness;
mod insert;
mod interrupt;
mod join;
mod marker;
mod memory;
mod owner;
mod quoted;
mod refused;
mod repair;
mod report;
mod savepoint;
mod schema;
mod snapshot;
pub mod sql;
mod statement;
mod step;
mod text;
mod unreadable;
mod user;
mod value;

#[doc(hidden)]
pub use audit::AuditRound;
pub use audit::{AuditReport, Cost, Finding, Mend, Wrong, audit_facilitator_markers};
pub use backfill::{
    Backfill, Candidate, DueOwner, Preview, Progress, SkippedOwner, Warning, backfill_facilitator_markers,
    for_each_due_owner, for_each_skipped_owner, preview_facilitator_markers,
};
#[doc(hidden)]
pub use backfill::{DueOwners, Round, SkippedOwners};
pub use create::create_facilitator_marker;
pub use enrollment::Enrollment;
pub use ensure::ensure_facilitator_marker;
pub use error::{Error, Missing, Refusal, RefusedMarker};
pub use marker::Marker;
pub use repair::{Change, Repair, RepairProgress, Replaced, repair_facilitator_markers};
#[doc(hidden)]
pub use repair::{RepairRound, try_repair_facilitator_markers};
pub use report::{BackfillReport, RepairReport};
pub use rusqlite;
pub use step::result::StepResult;
pub use unreadable::UnreadableFacilitator;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
