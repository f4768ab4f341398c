//! The calls of the API in C.

use std::collections::BTreeSet;
use std::ffi::{CString, c_int};

use facilitator_markers::rusqlite::{self, Connection, ffi};
use facilitator_markers::{BackfillReport, Error, RepairReport};

use crate::abi::{self, Texts};
use crate::answer::{Answer, Report, Told};
use crate::call::{Call, Task};
use crate::fault::Fault;
use crate::run::{Answered, Heard};
use crate::task_in_c;
use crate::watch::Watch;

/// A call of the C ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CCall {
    Create(&'static str),
    Ensure(&'static str),
    Whole(Task),
    Steps(Task, u64),
    Preview,
    Due,
    Skipped,
    Audit,
}

pub const CALLS: [CCall; 11] = [
    CCall::Create("Ada"),
    CCall::Ensure("Ada"),
    CCall::Ensure("BOB"),
    CCall::Whole(Task::Backfill),
    CCall::Steps(Task::Backfill, 1),
    CCall::Preview,
    CCall::Due,
    CCall::Skipped,
    CCall::Audit,
    CCall::Whole(Task::Repair),
    CCall::Steps(Task::Repair, 1),
];

/// The outcomes, by their numbers.
const OUTCOMES: [&str; 7] = [
    "none",
    "created",
    "already_enrolled",
    "unknown_user",
    "not_an_owner",
    "ambiguous_user",
    "unreadable_date",
];

impl CCall {
    /// The same in Rust.
    pub fn in_rust(self) -> Call {
        match self {
            CCall::Create(id) => Call::Create(id),
            CCall::Ensure(id) => Call::Ensure(id),
            CCall::Whole(task) => Call::Whole(task),
            CCall::Steps(task, most) => Call::Steps { task, most, host_writes: false },
            CCall::Preview => Call::Preview,
            CCall::Due => Call::Due,
            CCall::Skipped => Call::Skipped,
            CCall::Audit => Call::Audit,
        }
    }

    /// Calls the library.
    pub fn go(
        self,
        conn: &Connection,
        watch: &Watch,
        fault: &dyn Fault,
        heard: &mut Heard,
    ) -> Answered<Answer> {
        let text = |text: &str| CString::new(text).expect("no NUL");
        let hear = || c_int::from(!fault.hears(Call::C(self), conn, watch));
        let (result, report) = match self {
            CCall::Create(id) => {
                let answer = watch.during(|| abi::create(conn, &text(id), &text(Call::date(id))))?;
                (answer.map(enrollment), None)
            }
            CCall::Ensure(id) => (watch.during(|| abi::ensure(conn, &text(id)))?.map(enrollment), None),
            CCall::Preview => {
                let preview = watch.during(|| abi::preview(conn))?;
                let answer = |(report, warning): (abi::Report, Option<_>)| {
                    Answer::Preview(report.into(), usize::from(warning.is_some()))
                };
                (preview.map(answer), None)
            }
            CCall::Whole(Task::Backfill) => {
                let (answer, report) = watch.during(|| abi::backfill(conn))?;
                (answer.map(|()| Answer::Report(report.into())), Some(report.into()))
            }
            CCall::Whole(Task::Repair) => {
                let (told, answer, report) = watch.during(|| abi::repair(conn, &mut |_| hear()))?;
                heard.changes.extend(told.into_iter().map(Told::from));
                (answer.map(|()| Answer::Report(report.into())), Some(report.into()))
            }
            CCall::Steps(task, most) => {
                return task_in_c::run(self, task, most, conn, watch, fault, heard);
            }
            CCall::Due => {
                let (told, answer) = watch.during(|| abi::due(conn, &mut |_| hear()))?;
                heard.told =
                    told.iter().map(|([id, date], _)| format!("{} {}", shown(id), shown(date))).collect();
                (answer.map(|()| Answer::Told(heard.told.clone())), None)
            }
            CCall::Skipped => {
                let (told, answer) = watch.during(|| abi::skipped(conn, &mut |_| hear()))?;
                heard.told = texts(told.into_iter());
                (answer.map(|()| Answer::Told(heard.told.clone())), None)
            }
            CCall::Audit => {
                let (told, answer) = watch.during(|| abi::audit(conn, &mut |_| hear()))?;
                let without_clock = |mut texts: abi::Finding| {
                    texts[5] = None;
                    texts
                };
                heard.told = texts(told.into_iter().map(without_clock));
                let all = |report| heard.told.iter().cloned().chain([format!("{report:?}")]).collect();
                (answer.map(|report| Answer::Told(all(report))), None)
            }
        };
        self.judged(result, report, watch, fault)
    }

    /// The answer as Rust would have it, once it is judged. The report is that of a backfill or a repair which has come
    /// to its end.
    pub fn judged(
        self,
        result: abi::Answer<Answer>,
        report: Option<Report>,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Answered<Answer> {
        let result = result.map_err(|(code, message)| error(code, message));
        let result = result.or_else(|error| match (&error, report) {
            (Error::Sqlite { .. }, Some(report)) if report.refused() > 0 => {
                Ok(Answer::Refused(report.refused(), String::new(), Some(report)))
            }
            _ => Err(error),
        });
        fault.judge(Call::C(self), watch, result.as_ref().err())?;
        Ok(result)
    }
}

fn enrollment((outcome, texts): (c_int, Option<Texts>)) -> Answer {
    let texts = texts.map(|texts| {
        let [id, user_id, address, status, _, created_at] = texts.map(Option::unwrap_or_default);
        [id, user_id, address, status, created_at]
    });
    Answer::Enrollment(OUTCOMES[outcome as usize], texts)
}

fn shown(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// Each of what was told, in one line that begins with the first of its texts.
fn texts<const N: usize>(told: impl Iterator<Item = [Option<String>; N]>) -> BTreeSet<String> {
    told.map(|texts| texts.each_ref().map(shown).join("|")).collect()
}

/// The error as Rust would have it. What became of the transaction, the message says.
fn error(code: c_int, message: String) -> Error {
    let has_ended = message.contains("SQLite has rolled back the whole transaction");
    let is_not_undone = message.contains("could not be undone");
    let source = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(message.clone()));
    let cause = Error::Sqlite { doing: "a call of C", code, source: source() };
    if has_ended {
        Error::TransactionEnded { cause: Box::new(cause) }
    } else if is_not_undone {
        Error::NotUndone { cause: Box::new(cause), undo: source() }
    } else {
        cause
    }
}

impl From<abi::Report> for Report {
    fn from(counts: abi::Report) -> Self {
        let mut report = BackfillReport::default();
        report.owners = counts.owners as u64;
        report.created = counts.created as u64;
        report.already_enrolled = counts.already_enrolled as u64;
        report.unreadable_date = counts.unreadable_date as u64;
        report.refused = counts.refused as u64;
        report.unknown_users = counts.unknown_users as u64;
        report.ambiguous_users = counts.ambiguous_users as u64;
        report.unreadable_dates = counts.unreadable_dates as u64;
        Report::Backfill(report)
    }
}

impl From<abi::RepairReport> for Report {
    fn from(counts: abi::RepairReport) -> Self {
        let mut report = RepairReport::default();
        report.markers = counts.markers as u64;
        report.repaired = counts.repaired as u64;
        report.refused = counts.refused as u64;
        Report::Repair(report)
    }
}

impl From<abi::Change> for Told {
    fn from(change: abi::Change) -> Self {
        let [_, user_id, date_old, date_new, status_old, status_new, at_old, at_new, undo, _] = change;
        let columns = [(status_old, status_new), (at_old, at_new), (date_old, date_new)]
            .map(|(old, new)| old.zip(new).map(|(old, new)| [old, new]));
        Told { user_id: user_id.unwrap_or_default(), columns, undo: undo.unwrap_or_default() }
    }
}
