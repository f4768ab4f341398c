//! A line for standard error.

/// The message after the program's name, on a single line: a CHECK that SQLite quotes may go over several, and so may a
/// path.
pub(crate) fn on_one_line(message: &str) -> String {
    let lines: Vec<_> = message.lines().map(str::trim).collect();
    format!("{}: {}", env!("CARGO_BIN_NAME"), lines.join(" ").replace(char::is_control, "\u{fffd}"))
}
