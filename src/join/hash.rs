//! Hashes by which texts are told apart.

use std::hash::{BuildHasher, Hasher, RandomState};

/// How many words of eight bytes the fast way takes. Ids have four; a wallet's address has six.
const WORDS: usize = 16;

/// A secret function from texts to 64 bits, drawn anew each time: two texts have the same hash with a
/// probability of 2⁻⁶⁴, whatever they are and whoever chose them.
///
/// This is multilinear hashing: the upper half of a sum, modulo 2¹²⁸, of the words times random factors. See
/// Lemire and Kaser, *Strongly universal string hashing is fast*, <https://arxiv.org/abs/1202.4961>. The
/// length is a word as well, so that the zeros that fill the last one change nothing. Longer texts take the
/// standard library's hash. What libraries' hashes cost instead is in `ARCHITECTURE.md`.
pub(crate) struct TextHasher {
    summand: u128,
    factor_of_length: u128,
    factors: [u128; WORDS],
    for_longer: RandomState,
}

/// Which text is hashed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Case {
    AsItIs,
    /// Its fold, which is not put together first.
    Folded,
}

impl TextHasher {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        let factor = |number: usize| {
            let half = |half: u8| u128::from(random.hash_one((number, half)));
            half(0) << 64 | half(1)
        };
        TextHasher {
            summand: factor(WORDS + 1),
            factor_of_length: factor(WORDS),
            factors: std::array::from_fn(factor),
            for_longer: RandomState::new(),
        }
    }

    /// The hash of a text, or of its fold.
    #[inline]
    pub(crate) fn hash(&self, text: &[u8], case: Case) -> u64 {
        if text.len() > 8 * WORDS {
            return self.hash_longer(text, case);
        }
        let length = self.factor_of_length.wrapping_mul(text.len() as u128);
        let mut sum = self.summand.wrapping_add(length);
        let mut factors = self.factors.iter();
        let mut add = |word: [u8; 8]| {
            let word = u64::from_le_bytes(word);
            let word = if case == Case::Folded { fold_word(word) } else { word };
            if let Some(factor) = factors.next() {
                sum = sum.wrapping_add(factor.wrapping_mul(u128::from(word)));
            }
        };
        let words = text.chunks_exact(8);
        let rest = words.remainder();
        for word in words {
            add(word.try_into().expect("eight bytes"));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            add(word);
        }
        (sum >> 64) as u64
    }

    #[cold]
    fn hash_longer(&self, text: &[u8], case: Case) -> u64 {
        let mut state = self.for_longer.build_hasher();
        // In pieces, because to fold it whole would take as much memory again.
        for piece in text.chunks(PIECE) {
            let mut folded = [0; PIECE];
            let folded = &mut folded[..piece.len()];
            folded.copy_from_slice(piece);
            if case == Case::Folded {
                folded.make_ascii_lowercase();
            }
            state.write(folded);
        }
        state.finish()
    }
}

/// How many bytes of a longer text are hashed at once.
const PIECE: usize = 256;

/// Eight bytes, each letter among them in lower case.
#[inline]
fn fold_word(word: u64) -> u64 {
    word | upper_case_letters(word) >> 2
}

/// The highest bit of each byte that is one of `A`-`Z`, eight bytes at once.
#[inline]
fn upper_case_letters(word: u64) -> u64 {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = EACH << 7;
    // No sum exceeds its byte, because the highest bits are left out.
    let low = word & !HIGHEST;
    let from_a = low + EACH * (0x80 - b'A' as u64);
    let beyond_z = low + EACH * (0x7f - b'Z' as u64);
    from_a & !beyond_z & !word & HIGHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_as_bytes_are() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for others in [0, b'@', b'A', b'Z', b'[', b'a', 0x7f, 0x80, 0xc1, 0xff] {
                    let mut bytes = [others; 8];
                    bytes[place] = byte;
                    let folded = fold_word(u64::from_le_bytes(bytes)).to_le_bytes();
                    assert_eq!(folded, bytes.map(|byte| byte.to_ascii_lowercase()), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn a_text_of_any_length_has_a_hash_of_its_own_and_its_fold_has_the_folds() {
        let hasher = TextHasher::new();
        let mut seen = std::collections::HashSet::new();
        // Zeros at the end are where a filled word could pass for a longer text.
        for length in 0..300 {
            for byte in [0, b'Q'] {
                let text = vec![byte; length];
                assert!(seen.insert(hasher.hash(&text, Case::AsItIs)) || length == 0, "{byte} {length}");
                let folded = hasher.hash(&text.to_ascii_lowercase(), Case::AsItIs);
                assert_eq!(hasher.hash(&text, Case::Folded), folded, "{byte} {length}");
                for place in 0..length {
                    let mut other = text.clone();
                    other[place] ^= 0x40;
                    assert_ne!(hasher.hash(&other, Case::AsItIs), hasher.hash(&text, Case::AsItIs));
                }
            }
        }
    }

    #[test]
    fn no_two_hashers_agree() {
        let (one, other) = (TextHasher::new(), TextHasher::new());
        for text in [&b""[..], b"a", &[b'a'; 32], &[b'a'; 300]] {
            assert_ne!(one.hash(text, Case::AsItIs), other.hash(text, Case::AsItIs));
        }
    }
}
