//! `facilitator_markers_audit`: the markers that are wrong.

use std::cell::OnceCell;

use marker_core::{AuditRound, Cost, Error, Finding};
use rusqlite::Connection;

use super::Table;
use super::column::Column;
use super::listing::Listing;
use crate::answer::Answer;
use crate::failure::Failure;

pub(super) const TABLE: Table = Table::of::<AuditRound>(c"facilitator_markers_audit");

/// A finding, with what it costs once a column asks for that.
pub(super) struct Found {
    finding: Finding,
    cost: OnceCell<Option<Cost>>,
}

impl Found {
    fn cost(&self, conn: &Connection) -> Result<Option<&Cost>, Failure> {
        if self.cost.get().is_none() {
            // Nobody else sets it: a connection does one thing at a time.
            let _ = self.cost.set(self.finding.cost(conn)?);
        }
        Ok(self.cost.get().and_then(Option::as_ref))
    }
}

impl Listing for AuditRound {
    type Row = Found;

    // What the marker costs is hidden, because it reads the transactions: it is told where a statement names it.
    const COLUMNS: &'static [Column<Found>] = &[
        Column::text("name", |found, _| Ok(found.finding.name().into())),
        Column::text("marker_id", |found, _| Ok(found.finding.marker.id.as_str().into())),
        Column::text("user_id", |found, _| Ok(found.finding.marker.user_id.as_str().into())),
        Column::text("address", |found, _| Ok(found.finding.marker.address.as_str().into())),
        Column::text("verification_status", |found, _| {
            Ok(found.finding.marker.verification_status.as_str().into())
        }),
        Column::text("verified_at", |found, _| Ok(found.finding.marker.verified_at.as_deref().into())),
        Column::text("created_at", |found, _| Ok(found.finding.marker.created_at.as_str().into())),
        Column::text("enrollment_date", |found, _| Ok(found.finding.enrollment_date().into())),
        Column::text("other_marker_id", |found, _| Ok(found.finding.other_marker_id().into())),
        Column::text("same_fold", |found, _| Ok(found.finding.same_fold().into())),
        Column::text("mend", |found, _| Ok(found.finding.mend.name().into())),
        Column::text("column", |found, _| Ok(found.finding.mend.column().into())),
        Column::text("value", |found, _| Ok(found.finding.mend.value().into())),
        Column::text("statement", |found, _| Ok(found.finding.mend.statement().into())),
        Column::text("message", |found, _| Ok(Answer::Text(found.finding.to_string()))),
        Column::hidden_text("counted", |found, conn| {
            Ok(found.cost(conn)?.map(|cost| cost.counted.as_str()).into())
        }),
        Column::hidden_text("total", |found, conn| {
            Ok(found.cost(conn)?.map(|cost| cost.total.as_str()).into())
        }),
        Column::hidden_integer("unreadable_amounts", |found, conn| {
            Ok(found.cost(conn)?.map(|cost| cost.unreadable_amounts).into())
        }),
    ];

    fn begin(conn: &Connection) -> Result<Self, Error> {
        AuditRound::new(conn)
    }

    fn next(&mut self, conn: &Connection) -> Result<Option<Found>, Error> {
        Ok(AuditRound::next(self, conn)?.map(|finding| Found { finding, cost: OnceCell::new() }))
    }
}
