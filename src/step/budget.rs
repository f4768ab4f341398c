//! How much one step may do.

/// How many rows a step reads for each owner that it may visit.
const ROWS_PER_OWNER: u64 = 16;

/// The most rows that are read, and the most owners that are written to, at once: what bounds the memory of a
/// long step.
const ROWS_AT_ONCE: u64 = 65_536;
pub(crate) const OWNERS_AT_ONCE: u64 = 10_000;

/// How many owners a step visits that has the time.
pub(crate) const OWNERS_PER_STEP: u64 = 500;

/// What one step may still do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Budget {
    pub(crate) owners: u64,
    pub(crate) rows: u64,
}

impl Budget {
    /// For a step that is to visit up to `max_owners` owners.
    pub(crate) fn new(max_owners: u64) -> Self {
        let owners = max_owners.clamp(1, OWNERS_AT_ONCE);
        Budget { owners, rows: owners * ROWS_PER_OWNER }
    }

    /// The same for fewer owners, where their number is a matter of how long others are kept from writing: reading
    /// keeps them from nothing.
    pub(crate) fn with_owners(self, owners: u64) -> Self {
        Budget { owners: self.owners.min(owners).max(1), ..self }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.owners == 0 || self.rows == 0
    }

    /// How many rows may be read at once.
    pub(crate) fn rows_at_once(&self) -> u64 {
        self.rows.min(ROWS_AT_ONCE)
    }

    pub(crate) fn spend_owner(&mut self) {
        self.owners = self.owners.saturating_sub(1);
    }

    pub(crate) fn spend_rows(&mut self, rows: u64) {
        self.rows = self.rows.saturating_sub(rows);
    }

    /// Ends the step.
    pub(crate) fn spend_all(&mut self) {
        *self = Budget { owners: 0, rows: 0 };
    }
}
