//! Whole numbers of any length, which are added exactly.

use std::fmt;

use serde::{Serialize, Serializer};

/// A whole number. Tokens have up to 18 decimals and amounts are in the smallest unit, so that a few of them are more than
/// 64 bits hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    /// Beginning with the ones, without zeros in front of the number: none at all are zero.
    digits: Vec<u8>,
}

impl Amount {
    /// The number that the text is. Nothing but digits is one.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = text.iter().take_while(|digit| **digit == b'0').count();
        Some(Amount { digits: text[zeros..].iter().rev().map(|digit| digit - b'0').collect() })
    }

    pub(crate) fn add(&mut self, other: &Amount) {
        if self.digits.len() < other.digits.len() {
            self.digits.resize(other.digits.len(), 0);
        }
        let mut carried = 0;
        for (place, digit) in self.digits.iter_mut().enumerate() {
            let further = other.digits.get(place).copied();
            if carried == 0 && further.is_none() {
                return;
            }
            let sum = *digit + further.unwrap_or(0) + carried;
            (*digit, carried) = (sum % 10, sum / 10);
        }
        if carried > 0 {
            self.digits.push(carried);
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        self.digits.iter().rev().try_for_each(|digit| write!(f, "{digit}"))
    }
}

/// As text, because programs that read JSON take numbers for floats.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
