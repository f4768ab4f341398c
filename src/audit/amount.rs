//! Sums of amounts, which are whole numbers of any length.

use std::fmt;

/// Nine digits each, the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum(Vec<u32>);

const NINE_DIGITS: u64 = 1_000_000_000;

impl Sum {
    /// Adds an amount; `false` if it isn't a whole number.
    pub(super) fn add(&mut self, amount: &[u8]) -> bool {
        if amount.is_empty() || !amount.iter().all(u8::is_ascii_digit) {
            return false;
        }
        let mut carry = 0;
        let mut places = amount
            .rchunks(9)
            .map(|digits| digits.iter().fold(0, |number, digit| 10 * number + u64::from(digit - b'0')));
        let mut place = 0;
        loop {
            let (own, added) = (self.0.get(place).copied(), places.next());
            if own.is_none() && added.is_none() && carry == 0 {
                return true;
            }
            let sum = u64::from(own.unwrap_or(0)) + added.unwrap_or(0) + carry;
            carry = sum / NINE_DIGITS;
            let digits = u32::try_from(sum % NINE_DIGITS).unwrap_or(0);
            match self.0.get_mut(place) {
                Some(own) => *own = digits,
                None => self.0.push(digits),
            }
            place += 1;
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = self.0.iter().rev().skip_while(|digits| **digits == 0);
        write!(f, "{}", places.next().unwrap_or(&0))?;
        places.try_for_each(|digits| write!(f, "{digits:09}"))
    }
}

/// A number for a person to read: its digits in groups of three.
pub(super) struct Grouped<'n>(pub(super) &'n str);

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = self.0.split_at(self.0.len() - self.0.len().saturating_sub(1) / 3 * 3);
        f.write_str(first)?;
        rest.as_bytes().chunks(3).try_for_each(|group| write!(f, ",{}", String::from_utf8_lossy(group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_at_any_length() {
        for (amounts, expected) in [
            (&[][..], "0"),
            (&["0", "000"], "0"),
            (&["5", "1000000"], "1000005"),
            (&["999999999", "1"], "1000000000"),
            (&["9223372036854775807", "9223372036854775807"], "18446744073709551614"),
            (
                &["99999999999999999999999999999999999999999", "1"],
                "100000000000000000000000000000000000000000",
            ),
        ] {
            let mut sum = Sum::default();
            assert!(amounts.iter().all(|amount| sum.add(amount.as_bytes())));
            assert_eq!(sum.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_whole_number_is_not_added() {
        let mut sum = Sum::default();
        for amount in ["", "-1", "1.5", "1e3", " 1", "0x1", "one"] {
            assert!(!sum.add(amount.as_bytes()), "{amount:?}");
        }
        assert_eq!(sum, Sum::default());
    }

    #[test]
    fn digits_are_read_in_groups_of_three() {
        for (number, expected) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1000005", "1,000,005"), ("123456", "123,456")]
        {
            assert_eq!(Grouped(number).to_string(), expected);
        }
    }
}
