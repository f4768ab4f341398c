//! How large the databases are.

use std::fmt;

use serde_json::{Value, json};

use crate::table::thousands;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub name: &'static str,
    pub users: usize,
    pub facilitators: usize,
}

impl Size {
    const fn new(name: &'static str, users: usize, facilitators: usize) -> Self {
        Size { name, users, facilitators }
    }

    pub fn to_json(self) -> Value {
        json!({ "name": self.name, "users": self.users, "facilitators": self.facilitators })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (users, facilitators) = (thousands(self.users), thousands(self.facilitators));
        write!(f, "{}: {users} users, {facilitators} facilitators", self.name)
    }
}

pub struct Sizes {
    pub typical: Size,
    pub small: Size,
    /// Ten times as large as the small one.
    pub medium: Size,
    /// Ten times as large as the medium one.
    pub large: Size,
    /// As large as one look-up and one insert per owner can take on.
    pub paired: Size,
    /// A host that has just begun.
    pub tiny: Size,
    /// As many facilitators as a backfill's memory has room for, and several of most owners'.
    pub crowded: Size,
    /// All facilitators are one owner's.
    pub one_owner: Size,
    /// How many payments are measured that come rarely, at least.
    pub rare_payments: usize,
}

impl Sizes {
    pub const FULL: Sizes = Sizes {
        typical: Size::new("typical", 100_000, 2_000),
        small: Size::new("small", 10_000, 10_000),
        medium: Size::new("medium", 100_000, 100_000),
        large: Size::new("large", 1_000_000, 1_000_000),
        paired: Size::new("paired", 20_000, 20_000),
        tiny: Size::new("tiny", 1_000, 1_000),
        crowded: Size::new("crowded", 1_000_000, 1_500_000),
        one_owner: Size::new("one owner", 1, 1_000_000),
        rare_payments: 100,
    };

    /// Enough to see that the benchmark works, and too little to say anything about speed.
    pub const QUICK: Sizes = Sizes {
        typical: Size::new("typical", 5_000, 100),
        small: Size::new("small", 200, 200),
        medium: Size::new("medium", 2_000, 2_000),
        large: Size::new("large", 20_000, 20_000),
        paired: Size::new("paired", 1_000, 1_000),
        tiny: Size::new("tiny", 1_000, 1_000),
        crowded: Size::new("crowded", 20_000, 30_000),
        one_owner: Size::new("one owner", 1, 20_000),
        rare_payments: 1,
    };

    pub fn all(&self) -> [Size; 8] {
        let Sizes { typical, small, medium, large, paired, tiny, crowded, one_owner, .. } = *self;
        [tiny, small, paired, typical, medium, large, crowded, one_owner]
    }
}
