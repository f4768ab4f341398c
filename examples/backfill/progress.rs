//! The progress bar.

use facilitator_markers::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, which is drawn on a terminal only.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new() -> Self {
        let template = "{bar:40} {human_pos} of {human_len} owners, {msg}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Bar(ProgressBar::no_length().with_style(style))
    }

    pub(crate) fn show(&self, progress: &Progress) {
        self.0.set_length(progress.owners_visited + progress.remaining);
        self.0.set_position(progress.owners_visited);
        self.0.set_message(if progress.owners_visited == 0 { "reading" } else { "enrolling" });
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
