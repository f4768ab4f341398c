//! What an audit found, and a repair did, in numbers.

use std::io::{self, Write};
use std::time::Duration;

use facilitator_markers::{AuditReport, RepairReport};
use serde::Serialize;

use crate::Ending;
use crate::cost::Cost;
use crate::database::{Access, Database};
use crate::findings::Audited;
use crate::line;
use crate::table::{self, Column};

/// What was found; after a repair, what is left.
pub(crate) struct Summary {
    pub(crate) audited: Audited,
    pub(crate) repair: Option<RepairReport>,
    pub(crate) elapsed: Duration,
}

impl Summary {
    pub(crate) fn ending(&self) -> Ending {
        let report = &self.audited.report;
        match repairable(report) + report.duplicate + report.orphan {
            0 => Ending::Done,
            _ => Ending::LeftWrong,
        }
    }
}

/// What a repair mends, unless it has to leave a marker alone.
fn repairable(report: &AuditReport) -> u64 {
    report.dated_late + report.date_form + report.not_verified
}

/// The table, with what it is about and what can be done next, or the JSON object that has its numbers.
pub(crate) fn write(
    out: &mut impl Write,
    database: &Database,
    summary: &Summary,
    as_json: bool,
) -> io::Result<()> {
    let Summary { audited, repair, elapsed } = summary;
    if as_json {
        return line::write(out, "report", &Report::of(summary));
    }
    let (path, elapsed) = (database.path.display(), elapsed.as_millis());
    match (total(&audited.report), repair) {
        (0, None) => {}
        (0, Some(_)) => writeln!(out, "nothing\n")?,
        _ => writeln!(out)?,
    }
    match (repair, database.access) {
        (Some(_), _) => writeln!(out, "Repair of {path}, {elapsed} ms\n")?,
        (None, Access::ReadImmutable) => writeln!(
            out,
            "Audit of {path}, {elapsed} ms: nothing was written, and it is right if nobody else wrote meanwhile\n"
        )?,
        (None, _) => writeln!(out, "Audit of {path}, {elapsed} ms: nothing was written\n")?,
    }
    write_table(out, summary)?;
    if let Some(cost) = &audited.cost {
        writeln!(out, "\nOf the markers that a repair would mend, {}", cost.sentence())?;
    }
    if repair.is_none() && repairable(&audited.report) > 0 {
        writeln!(out, "\n--repair --undo-log FILE mends what nobody has to decide, and can be undone")?;
    }
    Ok(())
}

fn total(report: &AuditReport) -> u64 {
    repairable(report) + report.duplicate + report.orphan + report.not_an_owner + report.dated_early
}

/// The counts with their meaning.
pub(crate) fn write_table(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let report = &summary.audited.report;
    let mut rows = vec![("markers", report.markers, "were read")];
    if let Some(repair) = summary.repair {
        rows.push(("repaired", repair.repaired, "markers mended now"));
        rows.push(("refused", repair.refused, "markers whose change the database doesn't take"));
    }
    rows.extend([
        ("dated_late", report.dated_late, "dated after the enrollment date: volume is lost"),
        ("date_form", report.date_form, "not YYYY-MM-DD HH:MM:SS: compared wrongly"),
        ("not_verified", report.not_verified, "nothing counts"),
        ("duplicate", report.duplicate, "further markers of a user: for you to decide"),
        ("orphan", report.orphan, "of no user: for you to decide"),
        ("not_an_owner", report.not_an_owner, "of users without a facilitator: for information"),
        ("dated_early", report.dated_early, "dated before the first facilitator: for information"),
    ]);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, count, meaning)| [name.to_owned(), count.to_string(), meaning.to_owned()])
        .collect();
    table::write(out, [Column::Left("result"), Column::Right("count"), Column::Left("meaning")], &rows)
}

#[derive(Serialize)]
struct Report<'a> {
    markers: u64,
    dated_late: u64,
    date_form: u64,
    not_verified: u64,
    duplicate: u64,
    orphan: u64,
    not_an_owner: u64,
    dated_early: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'a Cost>,
    elapsed_ms: u128,
}

impl<'a> Report<'a> {
    fn of(summary: &'a Summary) -> Self {
        let report = &summary.audited.report;
        Report {
            markers: report.markers,
            dated_late: report.dated_late,
            date_form: report.date_form,
            not_verified: report.not_verified,
            duplicate: report.duplicate,
            orphan: report.orphan,
            not_an_owner: report.not_an_owner,
            dated_early: report.dated_early,
            repaired: summary.repair.map(|repair| repair.repaired),
            refused: summary.repair.map(|repair| repair.refused),
            cost: summary.audited.cost.as_ref(),
            elapsed_ms: summary.elapsed.as_millis(),
        }
    }
}
