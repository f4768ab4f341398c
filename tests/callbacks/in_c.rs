//! The calls of the API in C.

use std::ffi::{CString, c_int};
use std::ptr;

use facilitator_markers::rusqlite::{self, Connection, ffi};
use facilitator_markers::{BackfillReport, Error};

use crate::abi::{self, Texts};
use crate::call::{Answer, Call, MOST_STEPS};
use crate::fault::Fault;
use crate::watch::Watch;

/// A call of the C ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CCall {
    Create(&'static str),
    Ensure(&'static str),
    Backfill,
    Steps(u64),
    Preview,
}

pub const CALLS: [CCall; 6] = [
    CCall::Create("Ada"),
    CCall::Ensure("Ada"),
    CCall::Ensure("BOB"),
    CCall::Backfill,
    CCall::Steps(1),
    CCall::Preview,
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
            CCall::Backfill => Call::Backfill,
            CCall::Steps(owners) => Call::Steps { owners, host_writes: false },
            CCall::Preview => Call::Preview,
        }
    }

    /// Calls the library; a broken promise is an `Err` on the outside.
    pub fn go(
        self,
        conn: &Connection,
        watch: &Watch,
        fault: &dyn Fault,
        counts: &mut Option<BackfillReport>,
    ) -> Result<Result<Answer, Error>, String> {
        let text = |text: &str| CString::new(text).expect("no NUL");
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
            CCall::Backfill => {
                let (answer, report) = watch.during(|| abi::backfill(conn))?;
                (answer.map(|()| Answer::Report(report.into())), Some(report))
            }
            CCall::Steps(owners) => return self.step(owners, conn, watch, fault, counts),
        };
        self.judged(result, report, watch, fault)
    }

    fn step(
        self,
        owners: u64,
        conn: &Connection,
        watch: &Watch,
        fault: &dyn Fault,
        counts: &mut Option<BackfillReport>,
    ) -> Result<Result<Answer, Error>, String> {
        let (mut backfill, mut errmsg) = (ptr::null_mut(), ptr::null_mut());
        let failed =
            |code, errmsg| if code == ffi::SQLITE_OK { Ok(()) } else { Err((code, abi::take(errmsg))) };
        // SAFETY: an open connection that nothing else uses, and places for the results.
        let opened = watch.during(|| unsafe {
            failed(abi::fm_backfill_open(conn.handle(), &raw mut backfill, &raw mut errmsg), errmsg)
        })?;
        if let Err(error) =
            self.judged(opened.map(|()| Answer::Report(abi::Report::default().into())), None, watch, fault)?
        {
            return Ok(Err(error));
        }
        let (mut report, mut remaining) = (abi::Report::default(), 0);
        let mut steps = 0;
        let result = loop {
            // SAFETY: the backfill is open until it is closed below, and nothing else uses its connection.
            let result = watch.during(|| unsafe {
                match abi::fm_backfill_step(backfill, owners as i64, &raw mut errmsg) {
                    ffi::SQLITE_DONE => Ok(true),
                    code => failed(code, errmsg).map(|()| false),
                }
            })?;
            // SAFETY: as above.
            let code = unsafe { abi::fm_backfill_progress(backfill, &raw mut report, &raw mut remaining) };
            assert_eq!(code, ffi::SQLITE_OK);
            *counts = Some(report.into());
            let is_done = result.as_ref().copied();
            let answer = result.clone().map(|_| Answer::Report(report.into()));
            let answer = self.judged(answer, Some(report).filter(|_| remaining == 0), watch, fault)?;
            steps += 1;
            if is_done != Ok(false) || steps == MOST_STEPS {
                break answer;
            }
        };
        // SAFETY: it is closed once.
        unsafe { abi::fm_backfill_close(backfill) };
        if steps == MOST_STEPS { Err(format!("{MOST_STEPS} steps were not enough")) } else { Ok(result) }
    }

    /// The answer as Rust would have it, once it is judged. The report is that of a backfill which has come to its
    /// end.
    fn judged(
        self,
        result: abi::Answer<Answer>,
        report: Option<abi::Report>,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Result<Result<Answer, Error>, String> {
        let result = result.map_err(|(code, message)| error(code, message));
        let result = result.or_else(|error| match (&error, report) {
            (Error::Sqlite { .. }, Some(report)) if report.refused > 0 => {
                Ok(Answer::Refused(report.refused as u64, String::new(), Some(report.into())))
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

impl From<abi::Report> for BackfillReport {
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
        report
    }
}
