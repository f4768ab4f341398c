//! What an audit found.

use super::finding::Wrong;

/// What an audit found, each finding counted under its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// Markers that were read.
    pub markers: u64,
    /// Dated after the enrollment date.
    pub dated_late: u64,
    /// Dated in another form than `YYYY-MM-DD HH:MM:SS`.
    pub date_form: u64,
    /// Not verified.
    pub not_verified: u64,
    /// Further markers of the same user.
    pub duplicate: u64,
    /// Of nobody.
    pub orphan: u64,
    /// Of users to whom no facilitator belongs.
    pub not_an_owner: u64,
    /// Dated before the first facilitator.
    pub dated_early: u64,
}

impl AuditReport {
    pub(super) fn count(&mut self, wrong: &Wrong) {
        let count = match wrong {
            Wrong::DatedLate { .. } => &mut self.dated_late,
            Wrong::DateForm => &mut self.date_form,
            Wrong::NotVerified => &mut self.not_verified,
            Wrong::Duplicate { .. } => &mut self.duplicate,
            Wrong::Orphan { .. } => &mut self.orphan,
            Wrong::NotAnOwner => &mut self.not_an_owner,
            Wrong::DatedEarly { .. } => &mut self.dated_early,
        };
        *count += 1;
    }
}
