//! The texts that differ from given ones in nothing but the case of `A`-`Z`, and the users whose ids they are.

mod search;
mod variants;

pub(crate) use self::search::Search;
pub(crate) use self::variants::CaseVariants;
