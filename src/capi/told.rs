//! The texts of what a callback is told.

use std::fmt::{self, Display, Write};
use std::ptr;

use libc::c_char;

use crate::memory::OutOfMemory;

/// C strings, which stay where they are as long as this lives.
#[derive(Default)]
pub(super) struct Texts {
    texts: Vec<Vec<u8>>,
}

impl Texts {
    /// This text as a C string. A NUL byte within it becomes U+FFFD: cut off there, an id could be another user's.
    pub(super) fn add(&mut self, text: impl Display) -> Result<*const c_char, OutOfMemory> {
        let mut written = Written(Vec::new());
        // Nothing but a lack of memory makes it fail.
        write!(written, "{text}").map_err(|_| OutOfMemory)?;
        written.0.try_reserve(1)?;
        written.0.push(0);
        self.texts.try_reserve(1)?;
        let start = written.0.as_ptr().cast();
        self.texts.push(written.0);
        Ok(start)
    }

    /// The same, or NULL if there is none.
    pub(super) fn add_any(&mut self, text: Option<impl Display>) -> Result<*const c_char, OutOfMemory> {
        text.map_or(Ok(ptr::null()), |text| self.add(text))
    }
}

/// What is written of a text.
struct Written(Vec<u8>);

impl Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (number, part) in text.split('\0').enumerate() {
            let nul = if number > 0 { "\u{fffd}" } else { "" };
            self.0.try_reserve(nul.len() + part.len()).map_err(|_| fmt::Error)?;
            self.0.extend_from_slice(nul.as_bytes());
            self.0.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn a_nul_does_not_cut_a_text_and_each_stays_where_it_is() {
        let mut texts = Texts::default();
        let all = ["", "Ada", "a\0b\0", "\0", "é\u{fffd}"];
        let given = all.map(|text| texts.add(text).unwrap());
        for (text, given) in all.iter().zip(given) {
            // SAFETY: the texts are C strings, and live.
            let given = unsafe { CStr::from_ptr(given) }.to_str().unwrap();
            assert_eq!(given, text.replace('\0', "\u{fffd}"));
        }
        assert!(texts.add_any(None::<&str>).unwrap().is_null());
    }
}
