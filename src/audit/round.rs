//! One round of an audit: its findings, one after the other, apart from the connection.

use std::collections::VecDeque;
use std::mem;

use rusqlite::Connection;

use super::examine::Examination;
use super::finding::Finding;
use super::judge::{Place, judge};
use super::pass::{Markers, Pass, Passed};
use super::report::AuditReport;
use super::row::MarkerRow;
use super::suspects::Suspect;
use crate::error::Error;
use crate::join::addresses::Addresses;
use crate::join::freshness::Freshness;
use crate::join::pages::BYTES_AT_ONCE;
use crate::memory::OutOfMemory;
use crate::savepoint::noting_lost_transaction;
use crate::schema::Schema;
use crate::snapshot::reading;

/// How many rows are read at a time.
const ROWS: u64 = 8_192;

/// Where an audit stands. It holds nothing of the connection: between two findings no lock is held and no state of the
/// database.
pub struct AuditRound {
    pass: Pass,
    /// What was found on the last page.
    findings: VecDeque<Finding>,
    /// The markers that are to be looked up, and how many bytes they take.
    waiting: Vec<MarkerRow>,
    waiting_bytes: usize,
    report: AuditReport,
    is_finished: bool,
}

impl AuditRound {
    /// Begins. Reads the schema and the number of facilitators.
    ///
    /// # Errors
    ///
    /// As [`audit_facilitator_markers`](crate::audit_facilitator_markers).
    pub fn new(conn: &Connection) -> Result<Self, Error> {
        Self::with_addresses(conn, Addresses::new)
    }

    /// Begins, with room for the addresses of so many facilitators as these have.
    pub(super) fn with_addresses(
        conn: &Connection,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        noting_lost_transaction(conn, || {
            let pass = Pass::new(conn, addresses).map_err(|error| Schema::explain(conn, error))?;
            let (findings, waiting, report) = Default::default();
            Ok(AuditRound { pass, findings, waiting, waiting_bytes: 0, report, is_finished: false })
        })
    }

    /// The counts of what has been read, which may be further than what has been told.
    pub fn report(&self) -> AuditReport {
        self.report
    }

    /// The next finding; nothing once all markers are passed.
    ///
    /// # Errors
    ///
    /// As [`audit_facilitator_markers`](crate::audit_facilitator_markers).
    pub fn next(&mut self, conn: &Connection) -> Result<Option<Finding>, Error> {
        while self.findings.is_empty() && !self.is_finished {
            noting_lost_transaction(conn, || self.read(conn).map_err(|error| Schema::explain(conn, error)))?;
        }
        Ok(self.findings.pop_front())
    }

    /// Reads the next page.
    fn read(&mut self, conn: &Connection) -> Result<(), Error> {
        match self.pass.read(conn, ROWS)? {
            Passed::Rows(_) => {}
            Passed::Moved => self.waiting.clear(),
            Passed::Markers(markers) => self.judge(markers)?,
            Passed::Part => {
                self.look_up(conn)?;
                self.is_finished = !self.pass.next_part();
            }
        }
        // Where whole tables are read to look a marker up, many are looked up at once.
        let are_many = self.waiting.len() as u64 >= ROWS || self.waiting_bytes >= BYTES_AT_ONCE;
        if self.pass.looks_up || are_many {
            self.look_up(conn)?;
        }
        Ok(())
    }

    /// Judges those of whom the addresses know enough. The others wait.
    fn judge(&mut self, markers: Markers) -> Result<(), Error> {
        self.report.markers += markers.count;
        let is_fresh = self.pass.freshness.if_still(markers.version) != Freshness::Stale;
        for Suspect { row, owner } in markers.suspects {
            match owner.filter(|_| is_fresh) {
                Some(owner) => self.find(&row, &Place::Marker(owner))?,
                None => {
                    self.waiting_bytes += row.bytes();
                    self.waiting.push(row);
                }
            }
        }
        Ok(())
    }

    /// Looks up those that wait.
    fn look_up(&mut self, conn: &Connection) -> Result<(), Error> {
        let waiting = mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if waiting.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = waiting.iter().collect();
        let examined = reading(conn, || Examination::new(conn, &self.pass.schema)?.of(&rows))?;
        examined.into_iter().flatten().try_for_each(|(row, place)| self.find(&row, &place))
    }

    fn find(&mut self, row: &MarkerRow, place: &Place) -> Result<(), Error> {
        for (wrong, mend) in judge(row, place)? {
            self.report.count(&wrong);
            self.findings.push_back(Finding { marker: row.to_marker()?, wrong, mend });
        }
        Ok(())
    }
}
