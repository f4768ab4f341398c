//! An owner as a JSON object.

use facilitator_markers_rqlite::{DueOwner, SkippedOwner};
use serde::Serialize;

/// An owner whom a backfill would enroll.
#[derive(Serialize)]
pub(crate) struct Due<'a> {
    user_id: &'a str,
    enrollment_date: &'a str,
    /// Whether that is later than now, which is for a person to look into.
    is_to_come: bool,
    advice: String,
}

impl<'a> Due<'a> {
    pub(crate) fn of(owner: &'a DueOwner) -> Self {
        let DueOwner { user_id, enrollment_date, is_to_come } = owner;
        Due { user_id, enrollment_date, is_to_come: *is_to_come, advice: owner.to_string() }
    }
}

/// An owner that a backfill leaves out.
#[derive(Serialize)]
pub(crate) struct Skipped<'a> {
    reason: &'static str,
    #[serde(flatten)]
    fields: Fields<'a>,
    advice: String,
}

impl<'a> Skipped<'a> {
    pub(crate) fn of(owner: &'a SkippedOwner) -> Self {
        Skipped { reason: owner.reason(), fields: Fields::of(owner), advice: owner.to_string() }
    }
}

/// What is known of an owner beside the reason.
#[derive(Serialize)]
#[serde(untagged)]
enum Fields<'a> {
    UnknownUser { owner_address: &'a str },
    AmbiguousUser { owner_address: &'a str, candidates: Vec<Candidate<'a>>, candidate_count: usize },
    UnreadableDate { user_id: &'a str, facilitators: Vec<Facilitator<'a>>, facilitator_count: usize },
    Refused { user_id: &'a str },
}

#[derive(Serialize)]
struct Candidate<'a> {
    user_id: &'a str,
    is_enrolled: bool,
}

#[derive(Serialize)]
struct Facilitator<'a> {
    id: Option<&'a str>,
    created_at: &'a str,
}

impl<'a> Fields<'a> {
    fn of(owner: &'a SkippedOwner) -> Self {
        match owner {
            SkippedOwner::UnknownUser { owner_address } => Fields::UnknownUser { owner_address },
            SkippedOwner::AmbiguousUser { owner_address, candidates } => Fields::AmbiguousUser {
                owner_address,
                candidates: candidates
                    .iter()
                    .map(|one| Candidate { user_id: &one.user_id, is_enrolled: one.is_enrolled })
                    .collect(),
                candidate_count: candidates.len(),
            },
            SkippedOwner::UnreadableDate { user_id, facilitators } => Fields::UnreadableDate {
                user_id,
                facilitators: facilitators
                    .iter()
                    .map(|its| Facilitator { id: its.id.as_deref(), created_at: &its.created_at })
                    .collect(),
                facilitator_count: facilitators.len(),
            },
            SkippedOwner::MarkerRefused(refused) => Fields::Refused { user_id: &refused.user_id },
        }
    }
}
