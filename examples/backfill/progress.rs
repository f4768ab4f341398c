//! The progress bar.

use facilitator_markers::Progress;
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

    /// Shows where a backfill begins, however soon it has gone on.
    pub(crate) fn begin(&self, beginning: &Progress) {
        self.show(beginning, beginning);
        self.0.force_draw();
    }

    /// Shows how far a backfill is that was at `beginning` when it had read nothing.
    pub(crate) fn show(&self, progress: &Progress, beginning: &Progress) {
        let (visited, remaining) = (HumanCount(progress.owners_visited), HumanCount(progress.remaining));
        // As long as tables are read, facilitators remain: nobody knows yet how many owners they have.
        let reading = progress.owners_visited == 0 && progress.remaining == beginning.remaining;
        self.0.set_message(if reading {
            format!("reading, {remaining} facilitators")
        } else {
            format!("enrolling, {visited} owners visited, at most {remaining} to go")
        });
        self.0.set_length(progress.owners_visited + progress.remaining);
        self.0.set_position(progress.owners_visited);
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
