//! What the program prints as JSON: one object on a line of its own.

use std::cell::Cell;
use std::io::{self, Write};

use facilitator_markers::{Error, Marker, Refusal, RefusedMarker, SkippedOwner, for_each_skipped_owner};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::database::Database;
use crate::enroll::Answer;
use crate::failure::Failure;
use crate::summary::Summary;

pub(crate) fn write_summary(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    write(out, &Report::of(summary, None))
}

/// Writes the summary with the list of the owners that a backfill leaves out. Gives their number.
///
/// They are written as they are found, however many there are. If the list breaks off, so does the object: nobody
/// can take it for a whole one.
pub(crate) fn write_summary_and_list(
    out: &mut impl Write,
    summary: &Summary,
    database: &Database,
) -> Result<u64, Failure> {
    let list = LeftOut { database, owners: Cell::new(0), failure: Cell::new(None) };
    let written = write(out, &Report::of(summary, Some(&list)));
    if let Some(error) = list.failure.take() {
        return Err(database.failed(error));
    }
    written?;
    Ok(list.owners.get())
}

/// Writes what became of `--enroll`.
pub(crate) fn write_answer(out: &mut impl Write, user_id: &str, answer: &Answer) -> io::Result<()> {
    let marker = answer.result.as_ref().ok().map(Row::of);
    let advice = answer.result.as_ref().err().map(String::as_str);
    write(out, &Enrolled { user_id, outcome: answer.outcome, marker, advice })
}

fn write(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    owners: u64,
    created: u64,
    already_enrolled: u64,
    unreadable_date: u64,
    refused: u64,
    unknown_users: u64,
    ambiguous_users: u64,
    unreadable_dates: u64,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<&'a LeftOut<'a>>,
}

impl<'a> Report<'a> {
    fn of(summary: &Summary, left_out: Option<&'a LeftOut<'a>>) -> Self {
        let report = &summary.report;
        Report {
            dry_run: summary.is_dry_run(),
            owners: report.owners,
            created: report.created,
            already_enrolled: report.already_enrolled,
            unreadable_date: report.unreadable_date,
            refused: summary.refused,
            unknown_users: report.unknown_users,
            ambiguous_users: report.ambiguous_users,
            unreadable_dates: report.unreadable_dates,
            elapsed_ms: summary.elapsed.as_millis(),
            left_out,
        }
    }
}

/// The owners that a backfill leaves out, which are looked for as they are written.
struct LeftOut<'a> {
    database: &'a Database,
    owners: Cell<u64>,
    failure: Cell<Option<Error>>,
}

impl Serialize for LeftOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        let found = for_each_skipped_owner(&self.database.conn, |owner| {
            self.owners.set(self.owners.get() + 1);
            if written.is_ok() {
                written = list.serialize_element(&Owner::of(&owner));
            }
        });
        if let Err(error) = found {
            let message = S::Error::custom(&error);
            self.failure.set(Some(error));
            return Err(message);
        }
        written?;
        list.end()
    }
}

#[derive(Serialize)]
struct Owner<'a> {
    reason: &'static str,
    #[serde(flatten)]
    fields: Fields<'a>,
    advice: String,
}

impl<'a> Owner<'a> {
    fn of(owner: &'a SkippedOwner) -> Self {
        Owner { reason: owner.reason(), fields: Fields::of(owner), advice: owner.to_string() }
    }
}

/// What is known of an owner beside the reason.
#[derive(Serialize)]
#[serde(untagged)]
enum Fields<'a> {
    UnknownUser { owner_address: &'a str },
    AmbiguousUser { owner_address: &'a str, candidates: Vec<Candidate<'a>> },
    UnreadableDate { user_id: &'a str },
    Refused { user_id: &'a str, obstacle: Option<Obstacle<'a>> },
    None {},
}

#[derive(Serialize)]
struct Candidate<'a> {
    user_id: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Obstacle<'a> {
    IdTaken { user_id: &'a str, chain_type: &'a str },
    AddressTaken { id: &'a str, chain_type: &'a str },
    NotKept,
}

impl<'a> Fields<'a> {
    fn of(owner: &'a SkippedOwner) -> Self {
        match owner {
            SkippedOwner::UnknownUser { owner_address } => Fields::UnknownUser { owner_address },
            SkippedOwner::AmbiguousUser { owner_address, user_ids } => {
                let candidates = user_ids.iter().map(|user_id| Candidate { user_id }).collect();
                Fields::AmbiguousUser { owner_address, candidates }
            }
            SkippedOwner::UnreadableDate { user_id, .. } => Fields::UnreadableDate { user_id },
            SkippedOwner::MarkerRefused(RefusedMarker { user_id, obstacle, .. }) => {
                Fields::Refused { user_id, obstacle: Obstacle::of(obstacle) }
            }
            _ => Fields::None {},
        }
    }
}

impl<'a> Obstacle<'a> {
    fn of(refusal: &'a Refusal) -> Option<Self> {
        match refusal {
            Refusal::IdTaken { user_id, chain_type } => Some(Obstacle::IdTaken { user_id, chain_type }),
            Refusal::AddressTaken { id, chain_type } => Some(Obstacle::AddressTaken { id, chain_type }),
            Refusal::NotKept => Some(Obstacle::NotKept),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct Enrolled<'a> {
    user_id: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
}

/// The marker as it stands in `reward_addresses`.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    user_id: &'a str,
    chain_type: &'a str,
    address: &'a str,
    verification_status: &'a str,
    verified_at: Option<&'a str>,
    created_at: &'a str,
}

impl<'a> Row<'a> {
    fn of(marker: &'a Marker) -> Self {
        Row {
            id: &marker.id,
            user_id: &marker.user_id,
            chain_type: &marker.chain_type,
            address: &marker.address,
            verification_status: &marker.verification_status,
            verified_at: marker.verified_at.as_deref(),
            created_at: &marker.created_at,
        }
    }
}
