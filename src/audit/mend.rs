//! What mends a finding.

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mend {
    /// Nothing has to be mended, or nobody knows how.
    Nothing,
    /// A facilitator that could be the user's is ambiguous, or has a date that can't be read: until that is mended, a repair
    /// leaves the marker alone. [`for_each_skipped_owner`](crate::for_each_skipped_owner) names those of who has no marker.
    Withheld,
    /// [`repair_facilitator_markers`](crate::repair_facilitator_markers) sets this column to this value.
    Repair {
        /// `created_at` or `verification_status`.
        column: &'static str,
        /// Its new value.
        value: String,
    },
    /// This statement does, if the host decides so.
    Statement(String),
}

impl Mend {
    /// What has to be done wherever it appears as text: `nothing`, `withheld`, `repair` or `statement`.
    pub fn name(&self) -> &'static str {
        match self {
            Mend::Nothing => "nothing",
            Mend::Withheld => "withheld",
            Mend::Repair { .. } => "repair",
            Mend::Statement(_) => "statement",
        }
    }

    /// The column that a repair sets.
    pub fn column(&self) -> Option<&'static str> {
        match self {
            Mend::Repair { column, .. } => Some(column),
            _ => None,
        }
    }

    /// The column's new value.
    pub fn value(&self) -> Option<&str> {
        match self {
            Mend::Repair { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The statement for the host to decide on.
    pub fn statement(&self) -> Option<&str> {
        match self {
            Mend::Statement(statement) => Some(statement),
            _ => None,
        }
    }
}
