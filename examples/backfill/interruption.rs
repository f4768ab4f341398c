//! What Ctrl-C does.

use std::io::Write;
use std::process;

use crate::output::Output;
use crate::sentence;

/// What a shell says of a program that Ctrl-C has ended.
const STATUS: i32 = 130;

/// Has Ctrl-C end the program with the line that `farewell` gives. Being ended anywhere is safe: what isn't
/// committed by then never happened.
pub(crate) fn on_ctrl_c(farewell: impl Fn() -> String + Send + 'static) {
    let leave = move || {
        let _ = writeln!(Output::stderr(), "{}", sentence::on_one_line(&farewell()));
        process::exit(STATUS);
    };
    // Where it can't be caught, it ends the program without a line. Who started the program in the background, and so
    // that Ctrl-C doesn't reach it, gets that.
    let _ = ctrlc::try_set_handler(leave);
}
