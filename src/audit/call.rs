//! `audit_facilitator_markers`.

use std::mem;

use rusqlite::Connection;

use super::examine::Examination;
use super::finding::Finding;
use super::judge::{Place, judge};
use super::report::AuditReport;
use super::row::{COLUMNS, MarkerRow};
use super::suspects::Suspect;
use crate::error::Error;
use crate::facilitators;
use crate::interrupt::Interruptible;
use crate::join::addresses::Addresses;
use crate::join::freshness::Freshness;
use crate::join::laps::Restarts;
use crate::join::pages::{BYTES_AT_ONCE, Flow, Pages, Record, read_whole};
use crate::join::read::{Advance, ReadPhase};
use crate::memory::OutOfMemory;
use crate::schema::Schema;
use crate::snapshot::reading;

/// How many rows are read at a time.
const ROWS: u64 = 8_192;

/// Tells `f` everything that is wrong with the markers that are there. Writes nothing, and works on a read-only
/// connection.
///
/// | finding | what is wrong | what mends it |
/// |---|---|---|
/// | `dated_late` | dated after the enrollment date: earlier volume is lost | a repair dates it with the enrollment date |
/// | `date_form` | `created_at` isn't `YYYY-MM-DD HH:MM:SS`, so that the host compares it wrongly | a repair writes the same instant in that form, or the enrollment date if that is earlier or the date can't be read |
/// | `not_verified` | `verification_status` isn't `verified`: the host counts nothing | a repair sets it, and `verified_at` where that is NULL |
/// | `duplicate` | a further marker of the same user: hosts that sum over markers count twice | a statement for the host to decide on |
/// | `orphan` | `user_id` names no user | likewise |
/// | `not_an_owner` | no facilitator is the user's | nothing |
/// | `dated_early` | dated before the first facilitator, which an import may have meant | nothing |
///
/// The enrollment date is known, as for [`ensure_facilitator_marker`](crate::ensure_facilitator_marker), if every
/// facilitator of the user has a date that can be read and none could be another user's. A marker whose user has another
/// kind of facilitator is never repaired. Of an orphan and a duplicate nothing else is told.
///
/// Each table is read as often as by a [`Backfill`](crate::Backfill), and memory stays within its bound, however many
/// findings there are. They come in no particular order.
///
/// # Errors
///
/// [`Error::MissingSchema`] and whatever SQLite answers; `f` may have been told of some findings by then.
///
/// # The connection
///
/// While `f` runs, no lock is held and no state of the database, so `f` may use the connection and may take its
/// time; only VACUUM is refused, because a statement that reads no table runs, lest an interrupt be forgotten. In
/// exchange, what is changed meanwhile may or may not be told.
///
/// # Example
///
/// ```
/// use facilitator_markers::{audit_facilitator_markers, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
/// #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21 10:00:00');
/// #     INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
/// #     VALUES ('m1', 'Xk9', 'facilitator', 'FACILITATOR_OWNER:Xk9', 'verified', '2026-03-01 00:00:00');
/// # "#)?;
/// let mut findings = Vec::new();
/// let report = audit_facilitator_markers(&conn, |finding| findings.push(finding))?;
/// assert_eq!((report.markers, report.dated_late), (1, 1));
/// assert_eq!(findings[0].name(), "dated_late");
/// println!("{}", findings[0]);
/// # Ok(())
/// # }
/// ```
pub fn audit_facilitator_markers(
    conn: &Connection,
    mut f: impl FnMut(Finding),
) -> Result<AuditReport, Error> {
    try_audit_facilitator_markers(conn, |finding| {
        f(finding);
        Ok(())
    })
}

/// As [`audit_facilitator_markers`], until `f` fails: then with its error.
pub(crate) fn try_audit_facilitator_markers(
    conn: &Connection,
    f: impl FnMut(Finding) -> Result<(), Error>,
) -> Result<AuditReport, Error> {
    let conn = Interruptible::new(conn)?;
    audit(&conn, Addresses::new, f)
}

/// As [`try_audit_facilitator_markers`], with room for so many addresses as these have.
pub(super) fn audit(
    conn: &Interruptible<'_>,
    addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    f: impl FnMut(Finding) -> Result<(), Error>,
) -> Result<AuditReport, Error> {
    let mut told = Told { report: AuditReport::default(), f };
    let mut addresses = addresses(facilitators::count(conn).map_err(|error| Schema::explain(conn, error))?)?;
    loop {
        Part::read(conn, &mut addresses)?.tell(&addresses, &mut told)?;
        if !addresses.advance() {
            return Ok(told.report);
        }
    }
}

/// One part of the addresses, with which the markers are compared.
struct Part<'a> {
    conn: &'a Connection,
    schema: Schema,
    freshness: Freshness,
}

impl<'a> Part<'a> {
    /// Reads facilitators and users into the addresses.
    fn read(conn: &'a Connection, addresses: &mut Addresses) -> Result<Self, Error> {
        let mut restarts = Restarts::default();
        'again: loop {
            let schema = Schema::read(conn)?;
            let mut phase = ReadPhase::of_owners(&schema);
            let mut freshness = Freshness::Unread;
            while !phase.is_finished() {
                match phase.read(conn, &schema, addresses, ROWS)? {
                    Advance::Page { version, .. } => freshness = freshness.after_reading(version),
                    Advance::BeginAgain => {
                        restarts.add(conn)?;
                        addresses.clear();
                        continue 'again;
                    }
                }
            }
            return Ok(Part { conn, schema, freshness });
        }
    }

    /// Tells of all markers that are wrong.
    fn tell(
        &self,
        addresses: &Addresses,
        told: &mut Told<impl FnMut(Finding) -> Result<(), Error>>,
    ) -> Result<(), Error> {
        self.tell_pages(|| Pages::of_markers(&self.schema, &COLUMNS), addresses, told)?;
        if Pages::are_all_markers(&self.schema) {
            return Ok(());
        }
        self.tell_pages(|| Pages::of_other_markers(&self.schema, &COLUMNS), addresses, told)
    }

    fn tell_pages(
        &self,
        pages: impl Fn() -> Pages,
        addresses: &Addresses,
        told: &mut Told<impl FnMut(Finding) -> Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut examination = Examination::new(self.conn, &self.schema)?;
        let mut gathered = Gathered::default();
        let read = |gathered: &mut Gathered, record: &Record<'_, '_>| {
            if let Some(suspect) = Suspect::read(record, addresses, &mut gathered.markers)? {
                gathered.bytes += suspect.row.bytes();
                gathered.suspects.push(suspect);
            }
            Ok(if gathered.bytes < BYTES_AT_ONCE { Flow::GoOn } else { Flow::Pause })
        };
        let mut waiting = Vec::new();
        read_whole(self.conn, pages, ROWS, &mut gathered, read, |gathered, page| {
            told.report.markers += mem::take(&mut gathered.markers);
            let bytes = mem::take(&mut gathered.bytes);
            let is_fresh = self.freshness.if_still(page.version) != Freshness::Stale;
            for Suspect { row, owner } in gathered.suspects.drain(..) {
                match owner.filter(|_| is_fresh) {
                    Some(owner) => told.tell(&row, Place::Marker(owner))?,
                    None => waiting.push(row),
                }
            }
            let is_enough = waiting.len() as u64 >= ROWS || bytes >= BYTES_AT_ONCE;
            if examination.looks_up() || page.is_last() || is_enough {
                let waiting = mem::take(&mut waiting);
                let rows: Vec<_> = waiting.iter().collect();
                let examined = reading(self.conn, || examination.of(&rows))?;
                examined.into_iter().flatten().try_for_each(|(row, place)| told.tell(&row, place))?;
            }
            Ok(())
        })
    }
}

/// The markers on a page that may be wrong.
#[derive(Default)]
struct Gathered {
    suspects: Vec<Suspect>,
    bytes: usize,
    markers: u64,
}

/// What was found so far, and who is told.
struct Told<F> {
    report: AuditReport,
    f: F,
}

impl<F: FnMut(Finding) -> Result<(), Error>> Told<F> {
    fn tell(&mut self, row: &MarkerRow, place: Place) -> Result<(), Error> {
        for (wrong, mend) in judge(row, &place)?.wrong {
            let finding = Finding { marker: row.to_marker()?, wrong, mend };
            self.report.count(&finding.wrong);
            (self.f)(finding)?;
        }
        Ok(())
    }
}
