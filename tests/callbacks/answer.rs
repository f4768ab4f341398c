//! What a call answers, and what it tells.

use std::collections::BTreeSet;

use facilitator_markers::{BackfillReport, Change, Enrollment, Error, Finding, Marker, RepairReport};

/// What a call answers that comes to its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The outcome, and the marker's texts but for the clock reading.
    Enrollment(&'static str, Option<[String; 5]>),
    Report(Report),
    /// Markers, or changes of markers, were refused: how many, the first, and what was done all the same.
    Refused(u64, String, Option<Report>),
    Preview(Report, usize),
    Told(BTreeSet<String>),
}

impl Answer {
    pub fn report(&self) -> Option<Report> {
        match self {
            Answer::Report(report) | Answer::Refused(_, _, Some(report)) => Some(*report),
            _ => None,
        }
    }

    pub fn enrollment(enrollment: &Enrollment) -> Self {
        // The clock is for the rows' own check.
        let texts = |marker: &Marker| {
            let Marker { id, user_id, address, verification_status, created_at, .. } = marker;
            [id, user_id, address, verification_status, created_at].map(Clone::clone)
        };
        Answer::Enrollment(enrollment.name(), enrollment.marker().map(texts))
    }

    /// Refused markers are an answer, not a failure.
    pub fn refused(error: Error) -> Result<Self, Error> {
        let (count, first, report) = match error {
            Error::MarkerRefused { count, first, report } => {
                (count, first, report.map(|report| Report::Backfill(*report)))
            }
            Error::RepairRefused { count, first, report } => (count, first, Some(Report::Repair(*report))),
            other => return Err(other),
        };
        Ok(Answer::Refused(count, format!("{}: {}", first.user_id, first.refusal), report))
    }
}

/// The counts of a call that visits all owners or all markers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Report {
    Backfill(BackfillReport),
    Repair(RepairReport),
}

impl Report {
    /// Of whom markers were written, or mended.
    pub fn done(self) -> u64 {
        match self {
            Report::Backfill(report) => report.created,
            Report::Repair(report) => report.repaired,
        }
    }

    pub fn refused(self) -> u64 {
        match self {
            Report::Backfill(report) => report.refused,
            Report::Repair(report) => report.refused,
        }
    }

    pub fn adds_up(self) -> bool {
        match self {
            Report::Backfill(BackfillReport {
                owners,
                created,
                already_enrolled,
                unreadable_date,
                refused,
                ..
            }) => owners == created + already_enrolled + unreadable_date + refused,
            Report::Repair(RepairReport { markers, repaired, refused, .. }) => markers >= repaired + refused,
        }
    }

    /// The counts where nothing is done and nothing refused.
    pub fn without_work(mut self) -> Self {
        match &mut self {
            Report::Backfill(report) => (report.created, report.refused) = (0, 0),
            Report::Repair(report) => (report.repaired, report.refused) = (0, 0),
        }
        self
    }

    /// The counts where so many were enrolled, and so many markers mended, before the call.
    pub fn after(mut self, enrolled: u64, mended: u64) -> Self {
        match &mut self {
            Report::Backfill(report) => {
                let created = report.created.saturating_sub(enrolled);
                report.already_enrolled += report.created - created;
                report.created = created;
            }
            Report::Repair(report) => {
                report.markers += enrolled;
                report.repaired = report.repaired.saturating_sub(mended);
            }
        }
        self
    }
}

/// A change that a repair tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub user_id: String,
    /// Of `verification_status`, `verified_at` and `created_at`, the old value and the new one.
    pub columns: [Option<[String; 2]>; 3],
    pub undo: String,
}

impl From<Change> for Told {
    fn from(change: Change) -> Self {
        let Change { user_id, created_at, verification_status, verified_at, undo, .. } = change;
        let columns = [verification_status, verified_at, created_at]
            .map(|replaced| replaced.map(|replaced| [replaced.old, replaced.new]));
        Told { user_id, columns, undo }
    }
}

/// A finding, and what it costs where that is known: the volume that counts, and all of it.
pub fn finding(finding: &Finding, cost: Option<[String; 2]>) -> String {
    match cost {
        Some([counted, total]) => format!("{}: {finding}; {counted} of {total}", finding.name()),
        None => format!("{}: {finding}", finding.name()),
    }
}
