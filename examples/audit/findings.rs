//! Telling what an audit finds, as it is found.

use std::io::{self, Write};
use std::mem;

use facilitator_markers::{AuditReport, Finding, audit_facilitator_markers, rusqlite};

use crate::cost::Cost;
use crate::database::Database;
use crate::failure::Failure;
use crate::finding::Found;
use crate::line;

/// How findings are told.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) json_lines: bool,
    pub(crate) cost: bool,
}

/// What an audit came to.
pub(crate) struct Audited {
    pub(crate) report: AuditReport,
    /// Of all markers, if it was asked for.
    pub(crate) cost: Option<Cost>,
}

/// Audits a database, and writes what it finds.
pub(crate) fn tell(out: &mut impl Write, database: &Database, manner: Manner) -> Result<Audited, Failure> {
    let mut telling = Telling {
        out,
        database,
        manner,
        of_one_marker: Vec::new(),
        cost: manner.cost.then(Cost::default),
        result: Ok(()),
    };
    let report = audit_facilitator_markers(&database.conn, |finding| telling.take(finding))
        .map_err(|error| database.failed(error))?;
    telling.tell_marker();
    telling.result.map_err(|error| match error {
        TellingError::Output(error) => Failure::Output(error),
        TellingError::Cost(error) => Failure::Cost { path: database.path.clone(), error },
    })?;
    Ok(Audited { report, cost: telling.cost })
}

struct Telling<'a, W> {
    out: &'a mut W,
    database: &'a Database,
    manner: Manner,
    /// The findings that are still to be told: what they cost, they cost together.
    of_one_marker: Vec<Finding>,
    cost: Option<Cost>,
    result: Result<(), TellingError>,
}

/// Why a finding couldn't be told.
enum TellingError {
    Output(io::Error),
    Cost(rusqlite::Error),
}

impl<W: Write> Telling<'_, W> {
    fn take(&mut self, finding: Finding) {
        if self.of_one_marker.first().is_some_and(|first| first.marker != finding.marker) {
            self.tell_marker();
        }
        self.of_one_marker.push(finding);
    }

    fn tell_marker(&mut self) {
        let findings = mem::take(&mut self.of_one_marker);
        if self.result.is_ok() {
            self.result = self.try_to_tell(&findings);
        }
    }

    fn try_to_tell(&mut self, findings: &[Finding]) -> Result<(), TellingError> {
        let mut cost = None;
        if let Some(sum) = &mut self.cost {
            cost = Cost::of(&self.database.conn, findings).map_err(TellingError::Cost)?;
            cost.iter().for_each(|cost| sum.add(cost));
        }
        self.write(findings, cost.as_ref()).map_err(TellingError::Output)
    }

    fn write(&mut self, findings: &[Finding], cost: Option<&Cost>) -> io::Result<()> {
        for finding in findings {
            if self.manner.json_lines {
                line::write(self.out, "finding", &Found::of(finding, cost))?;
            } else {
                writeln!(self.out, "{}: {finding}", finding.name())?;
            }
        }
        match cost {
            Some(cost) if !self.manner.json_lines => writeln!(self.out, "  {}", cost.sentence()),
            _ => Ok(()),
        }
    }
}
