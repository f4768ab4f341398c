//! A host's text in a message.

use std::fmt;

/// How many characters of a text a message has at most: longer ones are no use to whoever reads it, and the message
/// needs memory.
const MOST: usize = 200;

/// A text in quotation marks, cut off where it is too long to be read.
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MOST) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => write!(f, "{:?}... ({} bytes)", &self.0[..end], self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_would_read_is_cut_off() {
        for text in ["", "Ada \"Lovelace\"", &"x".repeat(MOST)] {
            assert_eq!(Quoted(text).to_string(), format!("{text:?}"));
        }
        let long = "é".repeat(MOST + 1);
        assert_eq!(Quoted(&long).to_string(), format!("\"{}\"... (402 bytes)", "é".repeat(MOST)));
    }
}
