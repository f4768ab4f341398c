//! What the program prints as JSON: one object on a line of its own.

use std::io::{self, Write};

use serde::Serialize;

use crate::enroll::Answer;
use crate::owner::{Due, Skipped};
use crate::summary::Summary;
use crate::tell::Lists;

/// Writes the summary, and with it the lists that somebody asked for.
pub(crate) fn write_summary(
    out: &mut impl Write,
    summary: &Summary,
    lists: Option<&Lists>,
) -> io::Result<()> {
    let left_out = lists.map(|lists| lists.left_out.iter().map(Skipped::of).collect());
    let due = lists.and_then(|lists| lists.due.as_ref()).map(|due| due.iter().map(Due::of).collect());
    write(out, &Report { left_out, due, ..Report::counts(summary) })
}

/// Writes what became of `--enroll`.
pub(crate) fn write_answer(out: &mut impl Write, user_id: &str, answer: &Answer) -> io::Result<()> {
    write(out, &Enrolled { user_id, outcome: answer.outcome, advice: answer.advice.as_deref() })
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
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Vec<Skipped<'a>>>,
    /// In a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Vec<Due<'a>>>,
}

impl Report<'_> {
    /// The counts alone.
    pub(crate) fn counts(summary: &Summary) -> Self {
        let report = &summary.report;
        Report {
            dry_run: summary.is_dry_run,
            owners: report.owners,
            created: report.created,
            already_enrolled: report.already_enrolled,
            unreadable_date: report.unreadable_date,
            refused: report.refused,
            unknown_users: report.unknown_users,
            ambiguous_users: report.ambiguous_users,
            unreadable_dates: report.unreadable_dates,
            elapsed_ms: summary.elapsed.as_millis(),
            left_out: None,
            due: None,
        }
    }
}

#[derive(Serialize)]
struct Enrolled<'a> {
    user_id: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
}
