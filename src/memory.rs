//! Memory whose amount the host's data decide: there may be too little of it, which is no reason to abort the
//! host's process.

use std::collections::TryReserveError;

use rusqlite::ffi;

/// There is too little memory.
#[derive(Debug, PartialEq)]
pub(crate) struct OutOfMemory;

impl From<TryReserveError> for OutOfMemory {
    fn from(_: TryReserveError) -> Self {
        OutOfMemory
    }
}

impl From<OutOfMemory> for rusqlite::Error {
    fn from(_: OutOfMemory) -> Self {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_NOMEM), Some("out of memory".to_owned()))
    }
}

/// Room for exactly so many items.
pub(crate) fn room<T>(items: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut room = Vec::new();
    room.try_reserve_exact(items)?;
    Ok(room)
}

/// These bytes, one after the other.
pub(crate) fn joined(parts: &[&[u8]]) -> Result<Vec<u8>, OutOfMemory> {
    let mut joined = room(parts.iter().map(|part| part.len()).sum())?;
    parts.iter().for_each(|part| joined.extend_from_slice(part));
    Ok(joined)
}

/// Bytes for a person to read; what isn't UTF-8 becomes U+FFFD.
pub(crate) fn display(bytes: &[u8]) -> Result<String, OutOfMemory> {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.try_reserve(chunk.valid().len() + char::REPLACEMENT_CHARACTER.len_utf8())?;
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_becomes_a_replacement_character_as_in_the_standard_library() {
        for bytes in
            [&b""[..], b"Ada", b"a\xffb", b"\xf0\x9f\x98", b"\xe2\x82\xe2\x82\xac\xc3", "é€😀".as_bytes()]
        {
            assert_eq!(display(bytes).unwrap(), String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn too_much_is_an_error() {
        assert_eq!(room::<u64>(usize::MAX / 8), Err(OutOfMemory));
    }
}
