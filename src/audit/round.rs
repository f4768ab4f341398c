//! One round of an audit: its findings, page by page, apart from the connection.

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
use crate::schema::Schema;
use crate::snapshot::reading;

/// How many rows are read at a time.
const ROWS: u64 = 8_192;

/// Where an audit stands.
pub(crate) struct AuditRound {
    pass: Pass,
    /// The markers that are to be looked up, and how many bytes they take.
    waiting: Vec<MarkerRow>,
    waiting_bytes: usize,
    report: AuditReport,
    is_finished: bool,
}

impl AuditRound {
    /// Begins, with room for the addresses of so many facilitators as these have.
    pub(crate) fn new(
        conn: &Connection,
        addresses: impl FnOnce(u64) -> Result<Addresses, OutOfMemory>,
    ) -> Result<Self, Error> {
        let pass = Pass::new(conn, addresses).map_err(|error| Schema::explain(conn, error))?;
        let (waiting, report) = Default::default();
        Ok(AuditRound { pass, waiting, waiting_bytes: 0, report, is_finished: false })
    }

    /// The counts so far.
    pub(crate) fn report(&self) -> AuditReport {
        self.report
    }

    /// The findings of the next page, of which there may be none; nothing once all markers are passed.
    pub(crate) fn next(&mut self, conn: &Connection) -> Result<Option<Vec<Finding>>, Error> {
        if self.is_finished {
            return Ok(None);
        }
        self.page(conn).map(Some).map_err(|error| Schema::explain(conn, error))
    }

    fn page(&mut self, conn: &Connection) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        match self.pass.read(conn, ROWS)? {
            Passed::Rows(_) => {}
            Passed::Moved => self.waiting.clear(),
            Passed::Markers(markers) => self.judge(markers, &mut findings)?,
            Passed::Part => {
                self.look_up(conn, &mut findings)?;
                self.is_finished = !self.pass.next_part();
            }
        }
        // Where whole tables are read to look a marker up, many are looked up at once.
        let are_many = self.waiting.len() as u64 >= ROWS || self.waiting_bytes >= BYTES_AT_ONCE;
        if self.pass.looks_up || are_many {
            self.look_up(conn, &mut findings)?;
        }
        Ok(findings)
    }

    /// Judges those of whom the addresses know enough. The others wait.
    fn judge(&mut self, markers: Markers, findings: &mut Vec<Finding>) -> Result<(), Error> {
        self.report.markers += markers.count;
        let is_fresh = self.pass.freshness.if_still(markers.version) != Freshness::Stale;
        for Suspect { row, owner } in markers.suspects {
            match owner.filter(|_| is_fresh) {
                Some(owner) => self.find(&row, &Place::Marker(owner), findings)?,
                None => {
                    self.waiting_bytes += row.bytes();
                    self.waiting.push(row);
                }
            }
        }
        Ok(())
    }

    /// Looks up those that wait.
    fn look_up(&mut self, conn: &Connection, findings: &mut Vec<Finding>) -> Result<(), Error> {
        let waiting = mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if waiting.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = waiting.iter().collect();
        let examined = reading(conn, || Examination::new(conn, &self.pass.schema)?.of(&rows))?;
        examined.into_iter().flatten().try_for_each(|(row, place)| self.find(&row, &place, findings))
    }

    fn find(&mut self, row: &MarkerRow, place: &Place, findings: &mut Vec<Finding>) -> Result<(), Error> {
        for (wrong, mend) in judge(row, place)?.wrong {
            self.report.count(&wrong);
            findings.push(Finding { marker: row.to_marker()?, wrong, mend });
        }
        Ok(())
    }
}
