//! What became of the owners whom a step visited.

use crate::error::Refusal;
use crate::join::freshness::Freshness;
use crate::memory::OutOfMemory;
use crate::report::BackfillReport;
use crate::savepoint::Work;
use crate::step::blocking::Blocking;
use crate::text::Text;

/// What became of some owners.
#[derive(Default)]
pub(super) struct Visited {
    pub(super) counts: BackfillReport,
    /// Those whose markers were refused, who are in the counts as well.
    pub(super) refused: Vec<(Text, Refusal)>,
    /// Whether there is anything to commit.
    pub(super) has_written: bool,
    /// What is known of the addresses afterwards, if something was to be written: others, or triggers, may have written
    /// what wasn't read.
    pub(super) freshness: Option<Freshness>,
    /// How many users were passed in looking owners up again.
    pub(super) passed: u64,
    /// How others were kept from writing, if they were.
    pub(super) blocking: Option<Blocking>,
}

impl Visited {
    pub(super) fn created(&mut self) {
        self.counts.owners += 1;
        self.counts.created += 1;
    }

    pub(super) fn already_enrolled(&mut self) {
        self.counts.owners += 1;
        self.counts.already_enrolled += 1;
    }

    pub(super) fn unreadable_date(&mut self) {
        self.counts.owners += 1;
        self.counts.unreadable_date += 1;
    }

    pub(super) fn ambiguous_user(&mut self) {
        self.counts.ambiguous_users += 1;
    }

    pub(super) fn refused(&mut self, user_id: &Text, refusal: Refusal) -> Result<(), OutOfMemory> {
        self.refused.push((user_id.again()?, refusal));
        self.counts.owners += 1;
        self.counts.refused += 1;
        Ok(())
    }
}

impl Work for Visited {
    fn is_to_be_kept(&self) -> bool {
        self.has_written
    }
}
