//! The library's rules as plain SQL text, for databases that can't load it: rqlite, dqlite, D1, libSQL and Turso, and any host
//! that has a SQLite of its own and loads no extension.
//!
//! Each constant is one statement, which a host runs through the client that it has. It leaves the markers that the library
//! leaves, on any database that both can read, and writes a marker whole or not at all. It calls no function that engines leave
//! out or evaluate on each node anew: the clock's reading is bound, as `YYYY-MM-DD HH:MM:SS` in UTC, and so are ids. All values
//! are bound by their place, and each `?` stands once.
//!
//! | to | run | values |
//! |---|---|---|
//! | make sure that an owner has a marker | [`ENSURE`] | user id, clock |
//! | know why that wrote nothing | [`OUTCOME`] | user id |
//! | list who would be enrolled, and since when | [`DUE`] | |
//! | enroll the owners of one page | [`PAGE`] | clock, first id, id after the last |
//! | enroll those of the last page | [`LAST_PAGE`] | clock, first id |
//! | enroll all at once, where nobody else writes | [`WHOLE`] | clock |
//! | list who is left out, and why | [`SKIPPED`] | |
//! | count what a backfill would do | [`REPORT`] | |
//! | list what is wrong with the markers that are there | [`AUDIT`] | |
//!
//! A backfill asks [`DUE`], cuts its ids into pages, and runs [`PAGE`] for each, the first beginning with the empty id, and
//! [`LAST_PAGE`] for the last; a page whose answer is lost is run again, which is harmless. It is finished when [`DUE`] has
//! nothing more: the rows that an answer counts are no measure, as a page can be committed whose answer never came. Nothing but
//! the bounds may come from somewhere else, a replica or a backup: what a page writes is computed where it is committed.
//!
//! Two indexes make this fast, and no statement creates them: one on `facilitators(owner_address)`, which most hosts have, and
//! one on `lower("user".id)`. `docs/engines.md` in the repository says which engine runs what, page sizes and costs, and
//! what not to do.
//!
//! # Example
//!
//! ```
//! use facilitator_markers::{rusqlite::Connection, sql};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let conn = Connection::open_in_memory()?;
//! # conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
//! # conn.execute_batch(r#"
//! #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org'), ('Bq4', 'Bob', 'bob@example.org');
//! #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
//! #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21T10:00:00Z'), ('f2', 'Tip', 'tip', 'bq4', '2026-02-03');
//! # "#)?;
//! let clock = "2026-11-27 12:00:00";
//! assert_eq!(conn.execute(sql::ENSURE, ["Xk9", clock])?, 1);
//!
//! // A marker is there by now.
//! assert_eq!(conn.execute(sql::ENSURE, ["Xk9", clock])?, 0);
//! let outcome: String = conn.query_row(sql::OUTCOME, ["Xk9"], |row| row.get(0))?;
//! assert_eq!(outcome, "already_enrolled");
//!
//! assert_eq!(conn.execute(sql::LAST_PAGE, [clock, ""])?, 1);
//! # Ok(())
//! # }
//! ```

/// Writes the marker of a user who has none, and an owner's dates can all be read: what
/// [`ensure_facilitator_marker`](crate::ensure_facilitator_marker) does.
///
/// Values: the user's id, as stored or in other upper and lower case where only one user can be meant; and the clock's reading.
///
/// It changes one row or none. Where it changed none, [`OUTCOME`] tells why.
pub const ENSURE: &str = include_str!("../sql/ensure.sql");

/// Tells why [`ENSURE`] wrote nothing, in one row with one column, `outcome`: the first that applies of `unknown_user` or
/// `ambiguous_user`, `already_enrolled`, `not_an_owner`, `unreadable_date` and `refused`, which means that another row has the
/// marker's id or its user's address. Or it is `due`: nothing stands in the way now. Then somebody else has changed the tables since, so that
/// [`ENSURE`] is to be run again; if that comes to the same, a rule of the host's keeps the row out.
///
/// Value: the user's id.
pub const OUTCOME: &str = include_str!("../sql/outcome.sql");

/// Lists whom a backfill would enroll, as [`for_each_due_owner`](crate::for_each_due_owner) does, sorted by `user_id`. Columns:
/// `user_id`, and `enrollment_date` as `YYYY-MM-DD HH:MM:SS` in UTC. No values.
pub const DUE: &str = include_str!("../sql/due.sql");

/// Lists whom a backfill would leave out, as [`for_each_skipped_owner`](crate::for_each_skipped_owner) does, with a row for each
/// thing to look at. No values.
///
/// | `reason` | the row has |
/// |---|---|
/// | `unknown_user` | `owner_address`, which means no user |
/// | `ambiguous_user` | `owner_address`, and the `user_id` of one of those whom it could mean; `is_enrolled` is 1 if that one has a marker |
/// | `unreadable_date` | the owner's `user_id`, and `facilitator_id` and `created_at` of one facilitator to mend |
/// | `refused` | the owner's `user_id`: another row has the marker's id or address |
pub const SKIPPED: &str = include_str!("../sql/skipped.sql");

/// Counts what a backfill would do, in one row with the columns of a [`BackfillReport`](crate::BackfillReport), as
/// [`preview_facilitator_markers`](crate::preview_facilitator_markers) does. No values.
pub const REPORT: &str = include_str!("../sql/report.sql");

/// Writes the markers of the owners on one page. Values: the clock's reading; the first user id; the id after the last.
///
/// All of the page are enrolled or, if the statement fails, none. An owner whom a constraint on `id` or `address` keeps out is
/// left out, and told by [`SKIPPED`]; a CHECK or a trigger that turns one away fails the whole page, so that a host halves it.
pub const PAGE: &str = include_str!("../sql/page.sql");

/// Writes the markers of the owners on the last page. Values: the clock's reading; the first user id.
pub const LAST_PAGE: &str = include_str!("../sql/last_page.sql");

/// Writes the markers of all owners in one statement, where nobody waits to write: reads each table once, whether or not there is
/// an index on `owner_address`. Value: the clock's reading.
pub const WHOLE: &str = include_str!("../sql/whole.sql");

/// Lists what is wrong with the markers that are there, as [`audit_facilitator_markers`](crate::audit_facilitator_markers) does,
/// without what it costs. No values.
///
/// Columns: `name` of the finding; the marker's `marker_id`, `user_id`, `address`, `verification_status`, `verified_at` and
/// `created_at`; `enrollment_date`, `other_marker_id` and `same_fold`, where the finding has them; `mend`, `column` and `value`,
/// as in a [`Finding`](crate::Finding); and `statement`.
///
/// Where `mend` is `repair`, `statement` does what a repair does: it changes this one row, unless somebody has changed it since.
/// That of `not_verified` has one value, the clock's reading, for a marker without `verified_at`. Where `mend` is `statement`, it
/// deletes the row, for the host to decide.
pub const AUDIT: &str = include_str!("../sql/audit.sql");

/// A trigger that enrolls the owner of a facilitator where the facilitator is inserted, in the statement that inserts it, for hosts
/// whose ways to create one can't be changed and that insert them one by one with their date. Others call [`ENSURE`] instead.
///
/// It is one `CREATE TRIGGER` statement, for the host to run once. It enrolls as a backfill would at that moment, which has limits:
///
/// - The marker has the date of the facilitator that came first, and nothing dates it anew when an older one is imported later.
///   An audit finds such markers, and a repair mends them.
/// - It enrolls before an ambiguous facilitator, or a user of the same letters, arrives.
/// - Where a CHECK or a trigger of the host's refuses the marker, the facilitator isn't inserted either, but by `INSERT OR IGNORE`.
/// - Each insert looks for users whose id is the address in lower case: without an index on `lower("user".id)`, in all of them.
/// - `verified_at` is the enrollment date, because a trigger must not read a clock: the nodes of an engine would differ.
///
/// # Example
///
/// ```
/// # use facilitator_markers::{rusqlite::Connection, sql};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
/// conn.execute_batch(sql::triggers())?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21');
/// # "#)?;
/// let since: String = conn.query_row("SELECT created_at FROM reward_addresses", [], |row| row.get(0))?;
/// assert_eq!(since, "2026-01-21 00:00:00");
/// # Ok(())
/// # }
/// ```
pub fn triggers() -> &'static str {
    include_str!("../sql/triggers.sql")
}
