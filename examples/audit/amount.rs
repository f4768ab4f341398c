//! Amounts, which are added exactly.

use std::fmt;

use num_bigint::BigUint;
use serde::{Serialize, Serializer};

/// A whole number. Tokens have up to 18 decimals and amounts are in the smallest unit, so that a few of them are more than
/// 64 bits hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Amount(BigUint);

impl Amount {
    /// The number that the text is. Nothing but digits is one.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let digits = Some(text).filter(|text| text.iter().all(u8::is_ascii_digit));
        BigUint::parse_bytes(digits?, 10).map(Amount)
    }

    pub(crate) fn add(&mut self, other: &Amount) {
        self.0 += &other.0;
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As text, because programs that read JSON take numbers for floats.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
