//! The owners whom a backfill leaves out, and why.

use std::fmt;

use serde_json::Value;

use crate::quoted::Quoted;
use crate::refused::{Refusal, RefusedOwner};

/// An owner that a backfill leaves out. Displayed, it says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkippedOwner {
    /// The facilitators with this `owner_address` belong to no user.
    UnknownUser {
        /// The address.
        owner_address: String,
    },
    /// The facilitators with this `owner_address` could belong to more than one user.
    AmbiguousUser {
        /// The address.
        owner_address: String,
        /// The users it could mean.
        candidates: Vec<Candidate>,
    },
    /// Facilitators of this user have a `created_at` that can't be read, and that may be the earliest.
    UnreadableDate {
        /// The user.
        user_id: String,
        /// The facilitators to mend.
        facilitators: Vec<UnreadableFacilitator>,
    },
    /// The database doesn't take the user's marker.
    MarkerRefused(RefusedOwner),
}

/// A user whom an ambiguous `owner_address` could mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub user_id: String,
    /// Whether the user has a marker.
    pub is_enrolled: bool,
}

/// A facilitator whose `created_at` can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableFacilitator {
    /// The facilitator.
    pub id: Option<String>,
    /// What its `created_at` is.
    pub created_at: String,
}

impl SkippedOwner {
    /// The reason's name wherever it appears as text.
    pub fn reason(&self) -> &'static str {
        match self {
            SkippedOwner::UnknownUser { .. } => "unknown_user",
            SkippedOwner::AmbiguousUser { .. } => "ambiguous_user",
            SkippedOwner::UnreadableDate { .. } => "unreadable_date",
            SkippedOwner::MarkerRefused(_) => "refused",
        }
    }
}

/// The rows of one owner follow one another.
pub(crate) fn read(rows: &[Vec<Value>]) -> Option<Vec<SkippedOwner>> {
    let mut owners = Vec::new();
    for row in rows {
        let [reason, owner_address, user_id, is_enrolled, facilitator_id, created_at] = row.as_slice() else {
            return None;
        };
        let of_facilitator =
            || UnreadableFacilitator { id: optional(facilitator_id), created_at: text(created_at) };
        let candidate = || Candidate { user_id: text(user_id), is_enrolled: is_enrolled.as_u64() == Some(1) };
        match (reason.as_str()?, owners.last_mut()) {
            ("ambiguous_user", Some(SkippedOwner::AmbiguousUser { owner_address: last, candidates }))
                if *last == text(owner_address) =>
            {
                candidates.push(candidate());
            }
            ("unreadable_date", Some(SkippedOwner::UnreadableDate { user_id: last, facilitators }))
                if *last == text(user_id) =>
            {
                facilitators.push(of_facilitator());
            }
            ("unknown_user", _) => {
                owners.push(SkippedOwner::UnknownUser { owner_address: text(owner_address) });
            }
            ("ambiguous_user", _) => owners.push(SkippedOwner::AmbiguousUser {
                owner_address: text(owner_address),
                candidates: vec![candidate()],
            }),
            ("unreadable_date", _) => owners.push(SkippedOwner::UnreadableDate {
                user_id: text(user_id),
                facilitators: vec![of_facilitator()],
            }),
            ("refused", _) => owners.push(SkippedOwner::MarkerRefused(RefusedOwner {
                user_id: text(user_id),
                refusal: Refusal::Taken,
            })),
            _ => return None,
        }
    }
    Some(owners)
}

fn optional(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| text(value))
}

/// A text as it is, anything else as JSON writes it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

impl fmt::Display for SkippedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkippedOwner::UnknownUser { owner_address } => write!(
                f,
                "owner_address {} names no user; if it was to name one, set it to that user's id in lower case; a wallet's \
                 address may stand there for good, and needs nothing done",
                Quoted(owner_address)
            ),
            SkippedOwner::AmbiguousUser { owner_address, candidates } => {
                write!(f, "owner_address {} could mean any of the users ", Quoted(owner_address))?;
                list(f, candidates, |f, Candidate { user_id, is_enrolled }| {
                    write!(f, "{}{}", Quoted(user_id), if *is_enrolled { " (enrolled)" } else { "" })
                })?;
                f.write_str("; find out which, and enroll exactly that id")
            }
            SkippedOwner::UnreadableDate { user_id, facilitators } => {
                write!(f, "user {} has ", Quoted(user_id))?;
                let (noun, all) = match facilitators.len() {
                    1 => ("a facilitator", "it"),
                    _ => ("facilitators", "all of them"),
                };
                write!(f, "{noun} whose created_at can't be read: ")?;
                list(f, facilitators, |f, UnreadableFacilitator { id, created_at }| match id {
                    Some(id) => write!(f, "{} with {}", Quoted(id), Quoted(created_at)),
                    None => write!(f, "one with {}", Quoted(created_at)),
                })?;
                write!(
                    f,
                    "; set {all} to the date that is meant, as YYYY-MM-DD HH:MM:SS in UTC: an unreadable one may be the \
                     earliest, and a marker with half the history is wrong for good"
                )
            }
            SkippedOwner::MarkerRefused(refused) => refused.fmt(f),
        }
    }
}

/// How many items a message names at most.
const MOST: usize = 10;

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in items.iter().take(MOST).enumerate() {
        f.write_str(if place > 0 { ", " } else { "" })?;
        write(f, item)?;
    }
    match items.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
