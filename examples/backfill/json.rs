//! What the program prints as JSON: one object on a line of its own.

use std::cell::Cell;
use std::io::{self, Write};

use facilitator_markers::{DueOwner, Error, Marker, SkippedOwner, for_each_due_owner};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::database::Database;
use crate::enroll::Answer;
use crate::explain::Source;
use crate::failure::Failure;
use crate::owner::{Due, Skipped};
use crate::summary::Summary;

pub(crate) fn write_summary(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    write(out, &Report::counts(summary))
}

/// Writes the summary with the list of the owners that a backfill leaves out, and in a dry run with that of those whom
/// it would enroll. Gives the number of the former.
///
/// They are written as they are found, however many there are. If the list breaks off, so does the object: nobody
/// can take it for a whole one.
pub(crate) fn write_summary_and_lists(
    out: &mut impl Write,
    summary: &Summary,
    database: &Database,
    source: &Source<'_>,
) -> Result<u64, Failure> {
    let lists = Lists { database, source, left_out: Cell::new(0), failure: Cell::new(None) };
    let written = write(out, &Report::of(summary, Some(&lists)));
    if let Some(error) = lists.failure.take() {
        return Err(database.failed(error));
    }
    written?;
    Ok(lists.left_out.get())
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
pub(crate) struct Report<'a> {
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
    /// In a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut<'a>>,
    /// In a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<ToBeEnrolled<'a>>,
}

impl<'a> Report<'a> {
    /// The counts alone.
    pub(crate) fn counts(summary: &'a Summary) -> Self {
        Self::of(summary, None)
    }

    fn of(summary: &'a Summary, lists: Option<&'a Lists<'a>>) -> Self {
        let report = &summary.report;
        Report {
            dry_run: summary.is_dry_run(),
            owners: report.owners,
            created: report.created,
            already_enrolled: report.already_enrolled,
            unreadable_date: report.unreadable_date,
            refused: report.refused,
            unknown_users: report.unknown_users,
            ambiguous_users: report.ambiguous_users,
            unreadable_dates: report.unreadable_dates,
            elapsed_ms: summary.elapsed.as_millis(),
            warnings: summary.is_dry_run().then_some(&summary.warnings),
            left_out: lists.map(LeftOut),
            due: lists.filter(|_| summary.is_dry_run()).map(ToBeEnrolled),
        }
    }
}

/// Lists of owners, who are looked for as they are written.
struct Lists<'a> {
    database: &'a Database,
    source: &'a Source<'a>,
    /// How many are left out.
    left_out: Cell<u64>,
    failure: Cell<Option<Error>>,
}

impl Lists<'_> {
    /// Writes what `find` tells.
    fn write<S: Serializer, T, U: Serialize>(
        &self,
        serializer: S,
        find: impl FnOnce(&mut dyn FnMut(T)) -> Result<(), Error>,
        translate: impl Fn(&T) -> U,
    ) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        let found = find(&mut |owner| {
            if written.is_ok() {
                written = list.serialize_element(&translate(&owner));
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

/// The owners that a backfill leaves out.
struct LeftOut<'a>(&'a Lists<'a>);

impl Serialize for LeftOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Lists { source, database, left_out, .. } = self.0;
        let find = |tell: &mut dyn FnMut(SkippedOwner)| {
            source.for_each_skipped_owner(database, |owner| {
                left_out.set(left_out.get() + 1);
                tell(owner);
            })
        };
        self.0.write(serializer, find, |owner| serde_json::to_value(Skipped::of(owner)).unwrap_or_default())
    }
}

/// The owners whom a backfill would enroll.
struct ToBeEnrolled<'a>(&'a Lists<'a>);

impl Serialize for ToBeEnrolled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let find = |tell: &mut dyn FnMut(DueOwner)| for_each_due_owner(&self.0.database.conn, tell);
        self.0.write(serializer, find, |owner| serde_json::to_value(Due::of(owner)).unwrap_or_default())
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
