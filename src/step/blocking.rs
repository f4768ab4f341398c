//! How a step keeps others from writing.

use std::time::{Duration, Instant};

/// How others are kept from writing.
#[derive(Clone, Copy)]
pub(crate) struct Blocking {
    pub(crate) since: Instant,
    /// How long markers were being written.
    pub(crate) writing: Duration,
    /// How long the commit took after that, once it is done.
    pub(crate) committing: Duration,
    /// Whether one of them was writing before.
    pub(crate) met_others: bool,
}

impl Blocking {
    /// Begins now.
    pub(crate) fn begin(met_others: bool) -> Self {
        let (writing, committing) = Default::default();
        Blocking { since: Instant::now(), writing, committing, met_others }
    }
}
