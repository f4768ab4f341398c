//! The markers that the database refused in a backfill.

use std::collections::HashMap;

use crate::error::{Error, Refusal, RefusedMarker};
use crate::report::BackfillReport;
use crate::text::Text;

/// Where so many markers were turned away and none was written, it is the schema, and not the owners.
pub(super) const IN_A_ROW: u64 = 1_000;

/// How many refused markers a backfill remembers for the list of skipped owners, and how many bytes of ids and
/// reasons: others are only counted.
const REMEMBERED: usize = 10_000;
const REMEMBERED_BYTES: usize = 4 << 20;

/// The markers that were refused so far.
#[derive(Default)]
pub(super) struct RefusedMarkers {
    count: u64,
    first: Option<RefusedMarker>,
    /// How many of them the database turned away when they were written, instead of having another row in
    /// their place.
    turned_away: u64,
    /// Those that were turned away, which only the run can tell.
    remembered: HashMap<Text, Refusal>,
    bytes: usize,
}

impl RefusedMarkers {
    /// Adds a marker.
    pub(super) fn add(&mut self, user_id: Text, refusal: Refusal) {
        self.count += 1;
        if self.first.is_none() {
            // What else the step did is committed: an id for which there is no memory is left out.
            let user_id = user_id.to_display().unwrap_or_default();
            self.first = Some(RefusedMarker { user_id, refusal: refusal.clone() });
        }
        if refusal.is_taken() {
            return;
        }
        self.turned_away += 1;
        self.bytes = self
            .bytes
            .saturating_add(user_id.0.len() + size_of::<(Text, Refusal)>() + refusal.to_string().len());
        if self.remembered.len() < REMEMBERED && self.bytes <= REMEMBERED_BYTES {
            self.remembered.insert(user_id, refusal);
        }
    }

    /// How many more may be turned away, as long as none is written, before it is the schema.
    pub(super) fn left_in_a_row(&self) -> u64 {
        IN_A_ROW.saturating_sub(self.turned_away)
    }

    /// Why this user's marker was turned away.
    pub(super) fn refusal_of(&self, user_id: &Text) -> Option<&Refusal> {
        self.remembered.get(user_id)
    }

    /// The error with which a backfill ends that has this report, if a marker was refused.
    pub(super) fn error(&self, report: BackfillReport) -> Option<Error> {
        let first = self.first.clone()?;
        Some(Error::MarkerRefused { count: self.count, first, report: Some(Box::new(report)) })
    }

    /// The first one.
    pub(super) fn first(&self) -> Option<&RefusedMarker> {
        self.first.as_ref()
    }
}
