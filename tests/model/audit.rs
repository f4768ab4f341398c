//! What is wrong with the markers that are there, and what a repair makes of them.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::ptr;

use super::{CLOCK_READING, Database, Instant, Row, Value};

/// One thing that is wrong with one row.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct Finding {
    /// The row's id.
    pub id: Value,
    pub name: &'static str,
    pub mend: Mend,
}

/// What would mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mend {
    /// It is told for information, or nobody can know what is right.
    Nothing,
    /// A repair, but for an ambiguous or unreadable facilitator of the user's.
    Withheld,
    /// Deleting the row, which is for the host.
    Statement,
    /// A repair, which dates the row so.
    CreatedAt(String),
    /// A repair, which makes the status `verified`, and fills in `verified_at` where there is none.
    Verified,
}

/// `audit_facilitator_markers`: the findings, row by row.
pub fn audit(database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in &database.rows {
        for (name, mend) in database.wrong_with(row) {
            findings.push(Finding { id: row.id.clone(), name, mend });
        }
    }
    findings
}

/// `repair_facilitator_markers`: `reward_addresses` after it.
pub fn repair(database: &Database) -> Vec<Row> {
    let mut rows = database.rows.clone();
    for (row, old) in rows.iter_mut().zip(&database.rows) {
        for (_, mend) in database.wrong_with(old) {
            match mend {
                Mend::Nothing | Mend::Withheld | Mend::Statement => {}
                Mend::CreatedAt(date) => row.created_at = Value::text(date),
                Mend::Verified => {
                    row.verification_status = Value::text("verified");
                    if row.verified_at == Value::Null {
                        row.verified_at = Value::text(CLOCK_READING);
                    }
                }
            }
        }
    }
    rows
}

/// The rows that a repair changes, as they are before it.
pub fn repaired(database: &Database) -> Vec<&Row> {
    let after = repair(database);
    let both = database.rows.iter().zip(&after);
    both.filter(|(old, new)| old != new).map(|(old, _)| old).collect()
}

impl Database {
    /// Everything that is wrong with a row, which is nothing where it marks no facilitator's owner.
    fn wrong_with(&self, row: &Row) -> Vec<(&'static str, Mend)> {
        if !row.chain_type.is_text(b"facilitator") {
            return Vec::new();
        }
        let user = row.user_id.as_text().filter(|id| self.user_ids().contains(id));
        let Some(user) = user else {
            return vec![("orphan", Mend::Statement)];
        };
        if !self.marker_of(user).is_some_and(|marker| ptr::eq(marker, row)) {
            return vec![("duplicate", Mend::Statement)];
        }

        let mut wrong = Vec::new();
        if self.facilitators_of(user).is_empty() {
            wrong.push(("not_an_owner", Mend::Nothing));
        }
        let is_left_alone = self.is_left_alone(user);
        let right = if is_left_alone { None } else { self.enrollment_date(user).map(|date| date.written()) };
        let present = row.created_at.as_text().and_then(Instant::read).map(|date| date.written());
        if let (Some(right), Some(present)) = (&right, &present) {
            if present > right {
                wrong.push(("dated_late", Mend::CreatedAt(right.clone())));
            }
            if present < right {
                wrong.push(("dated_early", Mend::Nothing));
            }
        }
        let in_form = present.as_ref().is_some_and(|present| row.created_at.is_text(present.as_bytes()));
        if !in_form {
            let earlier = match (right, present) {
                (Some(right), Some(present)) => Some(right.min(present)),
                (right, present) => right.or(present),
            };
            let mend = earlier.map_or(Mend::Nothing, Mend::CreatedAt);
            wrong.push(("date_form", if is_left_alone { Mend::Withheld } else { mend }));
        }
        if !row.verification_status.is_text(b"verified") {
            wrong.push(("not_verified", if is_left_alone { Mend::Withheld } else { Mend::Verified }));
        }
        wrong
    }

    /// Whether a repair doesn't touch this user's marker: a facilitator could be another user's as well, or can't be
    /// dated.
    fn is_left_alone(&self, user: &[u8]) -> bool {
        self.may_own_an_ambiguous_facilitator(user)
            || self.facilitators_of(user).iter().any(|its| its.date().is_none())
    }
}
