//! A SQLite TEXT value as the bytes that the host stored.

use std::borrow::Borrow;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::memory::{OutOfMemory, display, joined};

/// A user id or an owner address, byte for byte.
///
/// SQLite doesn't check that TEXT is UTF-8, so neither does the library: a `String` would fail on, or
/// change, an id that the host has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Text {
    /// A text of these bytes.
    pub(crate) fn copy(bytes: &[u8]) -> Result<Text, OutOfMemory> {
        joined(&[bytes]).map(Text)
    }

    /// The same text once more.
    pub(crate) fn again(&self) -> Result<Text, OutOfMemory> {
        Text::copy(&self.0)
    }

    /// The text with `A`-`Z` lower-cased and nothing else changed.
    pub(crate) fn fold(&self) -> Result<Text, OutOfMemory> {
        let mut fold = self.again()?;
        fold.0.make_ascii_lowercase();
        Ok(fold)
    }

    /// The text for a person to read; what isn't UTF-8 becomes U+FFFD.
    pub(crate) fn to_display(&self) -> Result<String, OutOfMemory> {
        display(&self.0)
    }

    /// `prefix` followed by this text.
    pub(crate) fn prefixed(&self, prefix: &str) -> Result<Text, OutOfMemory> {
        joined(&[prefix.as_bytes(), &self.0]).map(Text)
    }
}

/// Whether no letter of `A`-`Z` is in this text, so that it is its own fold.
pub(crate) fn is_folded(text: &[u8]) -> bool {
    !text.iter().any(u8::is_ascii_uppercase)
}

#[cfg(test)]
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.as_bytes().to_vec())
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl ToSql for Text {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}
