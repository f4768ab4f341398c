//! The texts that differ from given ones in nothing but the case of `A`-`Z`.

use crate::memory::{OutOfMemory, joined, room};
use crate::text::Text;

/// All variants of some texts, in byte order. There are too many to be listed: a text with thirty letters has
/// a thousand million. So each is found from the one before it.
pub(crate) struct CaseVariants {
    /// The first variant of each text: the one in upper case.
    firsts: Vec<Vec<u8>>,
}

impl CaseVariants {
    /// The variants of these texts.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t Text>) -> Result<Self, OutOfMemory> {
        let mut firsts = Vec::new();
        for text in texts {
            let mut first = text.again()?.0;
            first.make_ascii_uppercase();
            firsts.push(first);
        }
        firsts.sort_unstable();
        firsts.dedup();
        Ok(CaseVariants { firsts })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

    /// The first variant of each text.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.firsts.iter()
    }

    /// How many texts these are the variants of.
    pub(crate) fn texts(&self) -> usize {
        self.firsts.len()
    }

    /// Whether `text` is a variant.
    pub(crate) fn contain(&self, text: &[u8]) -> bool {
        let in_upper_case = || text.iter().map(u8::to_ascii_uppercase);
        self.firsts.binary_search_by(|first| first.iter().copied().cmp(in_upper_case())).is_ok()
    }

    /// The first variant that is `text` or comes after it.
    pub(crate) fn from(&self, text: &[u8]) -> Result<Option<Vec<u8>>, OutOfMemory> {
        // For each place, those whose beginning up to there is spelled like that of `text`.
        let mut alike = room(text.len() + 1)?;
        alike.push(self.firsts.as_slice());
        for (place, byte) in text.iter().enumerate() {
            match with_byte(alike[place], place, byte.to_ascii_uppercase()) {
                [] => break,
                still_alike => alike.push(still_alike),
            }
        }
        if let Some([first, ..]) = alike.get(text.len()) {
            return Ok(Some(joined(&[text, &first[text.len()..]])?));
        }
        // The variant leaves `text` as late as it can, which is where it stays closest to it.
        for (place, alike) in alike.iter().enumerate().rev() {
            if let Some((byte, first)) = next_byte(alike, place, text[place]) {
                return Ok(Some(joined(&[&text[..place], &[byte], &first[place + 1..]])?));
            }
        }
        Ok(None)
    }
}

/// Those of the sorted texts that have `byte` at `place`, before which they are all the same.
fn with_byte(texts: &[Vec<u8>], place: usize, byte: u8) -> &[Vec<u8>] {
    let start = texts.partition_point(|text| text.get(place) < Some(&byte));
    let end = texts.partition_point(|text| text.get(place) <= Some(&byte));
    &texts[start..end]
}

/// The lowest byte above `byte` that a variant of the sorted texts can have at `place`, before which they are
/// all the same; and the first of the texts that have it.
fn next_byte(texts: &[Vec<u8>], place: usize, byte: u8) -> Option<(u8, &Vec<u8>)> {
    let from = |lowest: u8| {
        let first = texts.get(texts.partition_point(|text| text.get(place) < Some(&lowest)))?;
        Some((first[place], first))
    };
    let above = byte.checked_add(1)?;
    let as_it_is = from(above);
    let in_lower_case = from(above.max(b'a').to_ascii_uppercase())
        .filter(|(letter, _)| letter.is_ascii_uppercase() && letter.to_ascii_lowercase() >= above)
        .map(|(letter, first)| (letter.to_ascii_lowercase(), first));
    as_it_is.into_iter().chain(in_lower_case).min_by_key(|(byte, _)| *byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All variants, by counting through the letters' cases.
    fn variants(folded: &[u8]) -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        for byte in folded {
            let upper = byte.to_ascii_uppercase();
            let options = if upper == *byte { vec![*byte] } else { vec![upper, *byte] };
            all = all
                .iter()
                .flat_map(|start| options.iter().map(|option| [start.as_slice(), &[*option]].concat()))
                .collect();
        }
        all
    }

    #[test]
    fn the_next_variant_is_the_smallest_that_is_not_before() {
        let one_each =
            [&b""[..], b"a", b"ab", b"a1b", b"zz_\xff", b"a\0b", "äb[`{".as_bytes()].map(|id| vec![id]);
        let together = [
            vec![&b"ab"[..], b"a", b"b"],
            vec![b"ab", b"a_", b"a[", b"a"],
            vec![b"xa", b"xz", b"x1", b"x~", b"y\xff"],
            vec![b"", b"q", b"qr", b"qrs", b"pz"],
        ];
        for texts in one_each.into_iter().chain(together) {
            let mut all: Vec<_> = texts.iter().flat_map(|text| variants(text)).collect();
            all.sort();
            let ids: Vec<_> = texts.iter().map(|text| Text(text.to_vec())).collect();
            let found = CaseVariants::of(&ids).unwrap();
            let mut places = all.clone();
            for other in
                [&b""[..], b"A", b"AB", b"aB", b"a1", b"a1c", b"A1Ba", b"b", b"Z", b"[", b"~", b"\xff\xff"]
            {
                places.push(other.to_vec());
                places.extend(texts.iter().map(|text| [text, other].concat()));
                places.extend(texts.iter().map(|text| [other, text].concat()));
            }
            for text in places {
                let case = (&texts, String::from_utf8_lossy(&text));
                let from = all.iter().find(|one| **one >= text).cloned();
                assert_eq!(found.from(&text).unwrap(), from, "{case:?}");
                assert_eq!(found.contain(&text), all.contains(&text), "{case:?}");
            }
        }
    }
}
