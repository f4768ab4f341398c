//! What Ctrl-C does.

use std::io::Write;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::Output;
use crate::progress::Bar;
use crate::sentence;

/// What a shell says of a program that Ctrl-C has ended.
pub(crate) const STATUS: u8 = 130;

/// Whether Ctrl-C has been pressed.
pub(crate) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Has Ctrl-C be noted the first time, and the second time end the program.
    pub(crate) fn between_pages(bar: Bar) -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&pressed);
        listen(move || {
            if noted.swap(true, Ordering::Relaxed) {
                bar.clear();
                leave("interrupted; what is committed stays, and the same command writes the rest");
            }
        });
        Interruption(pressed)
    }

    /// Has Ctrl-C end the program with this line.
    pub(crate) fn at_once(farewell: &'static str) {
        listen(move || leave(farewell));
    }

    pub(crate) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn listen(handler: impl Fn() + Send + 'static) {
    // Where it can't be caught, it ends the program without a line. Who started the program in the background, and so
    // that Ctrl-C doesn't reach it, gets that.
    let _ = ctrlc::try_set_handler(handler);
}

fn leave(farewell: &str) {
    let _ = writeln!(Output::stderr(), "{}", sentence::on_one_line(farewell));
    process::exit(STATUS.into());
}
