//! `facilitator_markers_skipped`: the owners whom a backfill would leave out, and why.

use marker_core::{Error, SkippedOwner, SkippedOwners};
use rusqlite::Connection;
use serde_json::json;

use super::Table;
use super::column::Column;
use super::listing::Listing;
use crate::answer::Answer;

pub(super) const TABLE: Table = Table::of::<SkippedOwners>(c"facilitator_markers_skipped");

impl Listing for SkippedOwners {
    type Row = SkippedOwner;

    const COLUMNS: &'static [Column<SkippedOwner>] = &[
        Column::text("reason", |owner, _| Ok(owner.reason().into())),
        Column::text("owner_address", |owner, _| Ok(owner.owner_address().into())),
        Column::text("user_id", |owner, _| Ok(owner.user_id().into())),
        Column::text("candidates", |owner, _| Ok(candidates(owner))),
        Column::integer("candidate_count", |owner, _| Ok(candidate_count(owner).into())),
        Column::text("facilitators", |owner, _| Ok(facilitators(owner))),
        Column::integer("facilitator_count", |owner, _| Ok(facilitator_count(owner).into())),
        Column::text("message", |owner, _| Ok(Answer::Text(owner.to_string()))),
    ];

    fn begin(conn: &Connection) -> Result<Self, Error> {
        SkippedOwners::new(conn)
    }

    fn next(&mut self, conn: &Connection) -> Result<Option<SkippedOwner>, Error> {
        SkippedOwners::next(self, conn)
    }
}

/// The users whom the address could mean, as a JSON array.
fn candidates(owner: &SkippedOwner) -> Answer {
    let SkippedOwner::AmbiguousUser { candidates, .. } = owner else { return Answer::Null };
    let candidates = candidates
        .iter()
        .map(|candidate| json!({"user_id": candidate.user_id, "is_enrolled": candidate.is_enrolled}));
    Answer::Text(candidates.collect::<serde_json::Value>().to_string())
}

fn candidate_count(owner: &SkippedOwner) -> Option<u64> {
    match owner {
        SkippedOwner::AmbiguousUser { candidate_count, .. } => Some(*candidate_count),
        _ => None,
    }
}

/// The facilitators to mend, as a JSON array.
fn facilitators(owner: &SkippedOwner) -> Answer {
    let SkippedOwner::UnreadableDate { facilitators, .. } = owner else { return Answer::Null };
    let facilitators = facilitators
        .iter()
        .map(|facilitator| json!({"id": facilitator.id, "created_at": facilitator.created_at}));
    Answer::Text(facilitators.collect::<serde_json::Value>().to_string())
}

fn facilitator_count(owner: &SkippedOwner) -> Option<u64> {
    match owner {
        SkippedOwner::UnreadableDate { facilitator_count, .. } => Some(*facilitator_count),
        _ => None,
    }
}
