//! The progress bar.

use facilitator_markers_rqlite::Progress;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// A bar on standard error, which is drawn on a terminal only.
#[derive(Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new() -> Self {
        let style =
            ProgressStyle::with_template("{bar:40} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        Bar(ProgressBar::no_length().with_style(style))
    }

    /// Shows how far a backfill is.
    pub(crate) fn show(&self, progress: Progress) {
        let (visited, remaining) =
            (HumanCount(progress.visited), HumanCount(progress.due - progress.visited));
        self.0.set_message(format!("enrolling, {visited} owners visited, {remaining} to go"));
        self.0.set_length(progress.due);
        self.0.set_position(progress.visited);
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
