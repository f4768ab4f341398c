//! How a database stores text, and which texts survive as UTF-8.

/// The encoding of a database. See <https://sqlite.org/pragma.html#pragma_encoding>.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16Le(Noncharacters),
    Utf16Be(Noncharacters),
}

/// What SQLite makes of U+FFFE and U+FFFF in a text that is bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Noncharacters {
    Kept,
    /// U+FFFD, as older versions do.
    Replaced,
}

impl Encoding {
    /// Whether SQLite gives a text that is stored so as UTF-8 from which it comes back as it was.
    ///
    /// A UTF-16 database can hold half of a surrogate pair, which has no UTF-8: SQLite gives another text in
    /// its place, and finds another row with that, or none. A UTF-8 database gives and takes all bytes as they are,
    /// whether or not they are UTF-8.
    pub(crate) fn survives(self, stored: &[u8]) -> bool {
        let (unit, noncharacters): (fn([u8; 2]) -> u16, _) = match self {
            Encoding::Utf8 => return true,
            Encoding::Utf16Le(noncharacters) => (u16::from_le_bytes, noncharacters),
            Encoding::Utf16Be(noncharacters) => (u16::from_be_bytes, noncharacters),
        };
        let is_kept =
            |character| noncharacters == Noncharacters::Kept || !matches!(character, '\u{fffe}' | '\u{ffff}');
        let units = stored.chunks_exact(2);
        units.remainder().is_empty()
            && char::decode_utf16(units.map(|bytes| unit([bytes[0], bytes[1]])))
                .all(|decoded| decoded.is_ok_and(is_kept))
    }
}

#[cfg(test)]
mod tests {
    use super::Noncharacters::{Kept, Replaced};
    use super::*;

    #[test]
    fn only_whole_characters_survive() {
        let low_first = |units: &[u16]| units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
        for (units, survives) in [
            (&[][..], true),
            (&[0x61, 0x00, 0xd83d, 0xdc61], true),
            (&[0x61, 0xd83d], false),
            (&[0xd83d, 0x61], false),
            (&[0xdc61, 0xd83d], false),
            (&[0x61, 0xfffd], true),
            // U+1FFFE, as which no other character is read.
            (&[0xd83f, 0xdffe], true),
        ] {
            let stored = low_first(units);
            assert_eq!(Encoding::Utf16Le(Kept).survives(&stored), survives, "{units:x?}");
            assert_eq!(Encoding::Utf16Le(Replaced).survives(&stored), survives, "{units:x?}");
            let high_first: Vec<_> = stored.chunks(2).flat_map(|unit| [unit[1], unit[0]]).collect();
            assert_eq!(Encoding::Utf16Be(Kept).survives(&high_first), survives, "{units:x?}");
            assert!(Encoding::Utf8.survives(&stored));
        }
        assert!(!Encoding::Utf16Le(Kept).survives(b"abc"));
        for stored in [b"\xfe\xff", b"\xff\xff"] {
            assert!(
                Encoding::Utf16Le(Kept).survives(stored) && !Encoding::Utf16Le(Replaced).survives(stored)
            );
        }
    }
}
