//! What a step comes to.

/// Whether a backfill or a repair is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepResult {
    /// There is more to do.
    More,
    /// Everything has been visited.
    Done,
}
