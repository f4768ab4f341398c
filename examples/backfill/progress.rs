//! The progress bar.

use facilitator_markers::Progress;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// A bar on standard error, which is drawn on a terminal only.
#[derive(Clone)]
pub(crate) struct Bar {
    bar: ProgressBar,
    facilitators: u64,
}

impl Bar {
    /// A bar for a backfill that has read nothing yet.
    pub(crate) fn new(beginning: &Progress) -> Self {
        let style =
            ProgressStyle::with_template("{bar:40} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = Bar {
            bar: ProgressBar::no_length().with_style(style),
            // Nobody knows yet how many owners they have.
            facilitators: beginning.remaining,
        };
        bar.show(beginning);
        bar
    }

    pub(crate) fn show(&self, progress: &Progress) {
        let Progress { owners_visited, remaining, .. } = *progress;
        let message = if owners_visited == 0 && remaining == self.facilitators {
            format!("reading, {} facilitators", HumanCount(remaining))
        } else {
            let (visited, remaining) = (HumanCount(owners_visited), HumanCount(remaining));
            format!("enrolling, {visited} owners visited, at most {remaining} to go")
        };
        self.bar.set_length(owners_visited + remaining);
        self.bar.set_position(owners_visited);
        self.bar.set_message(message);
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
