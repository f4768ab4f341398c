//! Where among sorted hashes to look for one.

use std::ops::Range;

use crate::memory::{OutOfMemory, room};

/// Where among the sorted hashes to look for one: since they are spread evenly, their first bits tell the place almost
/// exactly, where a binary search would have to wait for memory twenty times.
#[derive(Default)]
pub(super) struct Directory {
    /// For each beginning, the number of the first hash that has it or a later one; then, the number of hashes.
    starts: Vec<u32>,
    shift: u32,
}

/// How many entries fit into a processor's near memory.
const NEAR: usize = 1 << 16;

impl Directory {
    pub(super) fn new(hashes: impl ExactSizeIterator<Item = u64>) -> Result<Self, OutOfMemory> {
        let count = hashes.len();
        // Of few hashes, so many entries that most are empty: one that isn't there is told without a look at others.
        let entries = (8 * count).min(NEAR).max(count / 2).max(2);
        let bits = entries.ilog2();
        let (shift, entries) = (u64::BITS - bits, 1 << bits);
        let mut starts = room(entries + 1)?;
        let mut hashes = (0..).zip(hashes).peekable();
        for entry in 0..=entries as u64 {
            while hashes.next_if(|(_, hash)| hash >> shift < entry).is_some() {}
            let next = hashes.peek().map_or(count, |(number, _)| *number);
            starts.push(u32::try_from(next).map_err(|_| OutOfMemory)?);
        }
        Ok(Directory { starts, shift })
    }

    /// The numbers of the hashes that can be this one.
    pub(super) fn range(&self, hash: u64) -> Range<usize> {
        let starts =
            usize::try_from(hash >> self.shift).ok().and_then(|entry| self.starts.get(entry..entry + 2));
        match starts {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Miri runs this too.
    #[test]
    fn each_hash_is_in_the_range_that_is_told() {
        for count in [0, 1, 2, 3, 100, 1_000] {
            let mut hashes: Vec<u64> =
                (0..count).map(|number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
            hashes.push(u64::MAX);
            hashes.sort_unstable();
            let directory = Directory::new(hashes.iter().copied()).unwrap();
            for (number, hash) in hashes.iter().enumerate() {
                assert!(directory.range(*hash).contains(&number), "{count}");
            }
        }
        assert!(Directory::default().range(7).is_empty());
        assert!(Directory::new([].into_iter()).unwrap().range(u64::MAX).is_empty());
    }
}
