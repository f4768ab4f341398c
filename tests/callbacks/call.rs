//! The calls of the API, and what each answers.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Backfill, BackfillReport, Enrollment, Error, Marker, StepResult, backfill_facilitator_markers,
    create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner,
    preview_facilitator_markers,
};

use crate::database::{DUE, ENROLLED};
use crate::fault::Fault;
#[cfg(feature = "capi")]
use crate::in_c::CCall;
use crate::watch::Watch;

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Create(&'static str),
    Ensure(&'static str),
    Backfill,
    /// `run_to_completion` without pauses, in steps of this size.
    Complete(u64),
    Steps {
        owners: u64,
        /// The host writes before each step, so that each looks its owners up again.
        host_writes: bool,
    },
    Preview,
    Due,
    Skipped,
    /// The same in C.
    #[cfg(feature = "capi")]
    C(CCall),
}

const fn steps(owners: u64, host_writes: bool) -> Call {
    Call::Steps { owners, host_writes }
}

/// All calls of Rust.
pub const CALLS: [Call; 13] = [
    Call::Create("Ada"),
    Call::Create(ENROLLED),
    Call::Ensure("Ada"),
    // Bob, in the other case.
    Call::Ensure("BOB"),
    Call::Ensure(ENROLLED),
    Call::Backfill,
    Call::Complete(3),
    steps(1, false),
    steps(500, false),
    steps(1, true),
    Call::Preview,
    Call::Due,
    Call::Skipped,
];

/// All calls, those of C among them where there is the C library.
pub fn calls() -> Vec<Call> {
    let calls = CALLS.into_iter();
    #[cfg(feature = "capi")]
    let calls = calls.chain(crate::in_c::CALLS.map(Call::C));
    calls.collect()
}

/// Those of them that write.
pub fn writing() -> Vec<Call> {
    let mut calls = calls();
    calls.retain(|call| !call.right_markers().is_empty());
    calls
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Create(id) => write!(f, "create {id}"),
            Call::Ensure(id) => write!(f, "ensure {id}"),
            Call::Backfill => f.write_str("backfill"),
            Call::Complete(owners) => write!(f, "run to completion in steps of {owners}"),
            Call::Steps { owners, host_writes: false } => write!(f, "steps of {owners}"),
            Call::Steps { owners, host_writes: true } => {
                write!(f, "steps of {owners}, the host writing between them")
            }
            Call::Preview => f.write_str("preview"),
            Call::Due => f.write_str("for each due owner"),
            Call::Skipped => f.write_str("for each skipped owner"),
            #[cfg(feature = "capi")]
            Call::C(call) => write!(f, "in C, {}", call.in_rust()),
        }
    }
}

/// What a call answers that comes to its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The outcome, and the marker's texts but for the clock reading.
    Enrollment(&'static str, Option<[String; 5]>),
    Report(BackfillReport),
    /// Markers were refused: how many, the first, and what a backfill did all the same.
    Refused(u64, String, Option<BackfillReport>),
    Preview(BackfillReport, usize),
    Told(BTreeSet<String>),
}

impl Answer {
    pub fn report(&self) -> Option<BackfillReport> {
        match self {
            Answer::Report(report) | Answer::Refused(_, _, Some(report)) => Some(*report),
            _ => None,
        }
    }
}

impl Call {
    /// The markers that it may write, with their dates.
    pub fn right_markers(self) -> Vec<(&'static str, &'static str)> {
        let all = DUE.map(|(id, date, _)| (id, date));
        match self {
            Call::Create(id) => all.into_iter().filter(|(owner, _)| *owner == id).collect(),
            Call::Ensure(id) => all.into_iter().filter(|(owner, _)| owner.eq_ignore_ascii_case(id)).collect(),
            Call::Backfill | Call::Complete(_) | Call::Steps { .. } => all.to_vec(),
            Call::Preview | Call::Due | Call::Skipped => Vec::new(),
            #[cfg(feature = "capi")]
            Call::C(call) => call.in_rust().right_markers(),
        }
    }

    /// Whether a failure may leave what earlier steps of it wrote, in autocommit mode.
    pub fn commits_as_it_goes(self) -> bool {
        match self {
            Call::Backfill | Call::Complete(_) | Call::Steps { .. } => true,
            #[cfg(feature = "capi")]
            Call::C(call) => call.in_rust().commits_as_it_goes(),
            _ => false,
        }
    }

    pub fn date(id: &str) -> &'static str {
        DUE.iter().find(|(owner, ..)| *owner == id).map_or("2026-01-01", |(_, date, _)| date)
    }
}

/// A call that can be tried again where it stopped.
pub struct Run<'c> {
    call: Call,
    conn: &'c Connection,
    backfill: Option<Backfill<'c>>,
    /// What was told until now.
    pub told: BTreeSet<String>,
    strangers: u32,
    /// The counts of a backfill in C, which doesn't go on.
    counts: Option<BackfillReport>,
}

/// More steps than this are endless.
pub const MOST_STEPS: u32 = 3_000;

impl<'c> Run<'c> {
    pub fn new(call: Call, conn: &'c Connection) -> Self {
        Run { call, conn, backfill: None, told: BTreeSet::new(), strangers: 0, counts: None }
    }

    /// Whether trying again goes on with the same backfill.
    pub fn goes_on(&self) -> bool {
        self.backfill.is_some()
    }

    /// The counts so far, of a backfill in steps.
    pub fn report(&self) -> Option<BackfillReport> {
        self.backfill.as_ref().map(Backfill::report).or(self.counts)
    }

    /// Calls the library; a broken promise is an `Err` on the outside.
    pub fn go(&mut self, watch: &Watch, fault: &dyn Fault) -> Result<Result<Answer, Error>, String> {
        let conn = self.conn;
        let result = match self.call {
            Call::Create(id) => {
                enrollment(watch.during(|| create_facilitator_marker(conn, id, Call::date(id)))?)
            }
            Call::Ensure(id) => enrollment(watch.during(|| ensure_facilitator_marker(conn, id))?),
            Call::Backfill => watch.during(|| backfill_facilitator_markers(conn))?.map(Answer::Report),
            Call::Preview => watch
                .during(|| preview_facilitator_markers(conn))?
                .map(|preview| Answer::Preview(preview.report, preview.warnings.len())),
            Call::Due => {
                self.told.clear();
                let told = &mut self.told;
                let f = |owner: facilitator_markers::DueOwner| {
                    told.insert(format!("{} {}", owner.user_id, owner.enrollment_date));
                };
                watch.during(|| for_each_due_owner(conn, f))?.map(|()| Answer::Told(self.told.clone()))
            }
            Call::Skipped => {
                self.told.clear();
                let told = &mut self.told;
                let f = |owner: facilitator_markers::SkippedOwner| {
                    told.insert(format!("{}: {owner}", owner.reason()));
                };
                watch.during(|| for_each_skipped_owner(conn, f))?.map(|()| Answer::Told(self.told.clone()))
            }
            Call::Complete(owners) => self.complete(owners, watch, fault)?,
            #[cfg(feature = "capi")]
            Call::C(call) => return call.go(conn, watch, fault, &mut self.counts),
            Call::Steps { owners, host_writes } => return self.step(owners, host_writes, watch, fault),
        };
        let result = result.or_else(refused);
        fault.judge(self.call, watch, result.as_ref().err())?;
        Ok(result)
    }

    /// The backfill, which is begun if none is.
    fn backfill(
        &mut self,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Result<Result<&mut Backfill<'c>, Error>, String> {
        if self.backfill.is_none() {
            let begun = watch.during(|| Backfill::new(self.conn))?;
            fault.judge(self.call, watch, begun.as_ref().err())?;
            match begun {
                Ok(backfill) => self.backfill = Some(backfill),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(self.backfill.as_mut().expect("it is begun")))
    }

    fn complete(
        &mut self,
        owners: u64,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Result<Result<Answer, Error>, String> {
        let conn = self.conn;
        let backfill = match self.backfill(watch, fault)? {
            Ok(backfill) => backfill,
            Err(error) => return Ok(Err(error)),
        };
        let progress = Some(|_| fault.on_progress(conn, watch));
        let result = watch.during(|| backfill.run_to_completion(owners, Duration::ZERO, progress))?;
        Ok(result.map(Answer::Report))
    }

    fn step(
        &mut self,
        owners: u64,
        host_writes: bool,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Result<Result<Answer, Error>, String> {
        if let Err(error) = self.backfill(watch, fault)? {
            return Ok(Err(error));
        }
        for _ in 0..MOST_STEPS {
            if host_writes {
                self.strangers += 1;
                add_stranger(self.conn, self.strangers);
            }
            let Some(backfill) = &mut self.backfill else { unreachable!("it is begun") };
            let result = watch.during(|| backfill.step(owners))?;
            let progress = backfill.progress();
            let result = match result {
                Ok(result) => Ok(result),
                Err(error) => match refused(error) {
                    Ok(answer) => {
                        fault.judge(self.call, watch, None)?;
                        return Ok(Ok(answer));
                    }
                    Err(error) => Err(error),
                },
            };
            fault.judge(self.call, watch, result.as_ref().err())?;
            match result {
                Ok(StepResult::Done) if progress.remaining == 0 => {
                    return Ok(Ok(Answer::Report(progress.report)));
                }
                Ok(StepResult::More) if progress.remaining > 0 => {}
                Ok(other) => return Err(format!("{other:?} with {} owners to go", progress.remaining)),
                Err(error) => return Ok(Err(error)),
            }
        }
        Err(format!("{MOST_STEPS} steps were not enough"))
    }
}

/// A user who owns nothing. Where the host can't add one, nothing is written.
fn add_stranger(conn: &Connection, number: u32) {
    let sql = "INSERT INTO main.\"user\"(id, name, email) VALUES (?1, 'Somebody', ?1)";
    let _ = conn.execute(sql, [format!("Stranger{number}")]);
}

fn enrollment(result: Result<Enrollment, Error>) -> Result<Answer, Error> {
    result.map(|enrollment| {
        // The clock is for the rows' own check.
        let texts = |marker: &Marker| {
            let Marker { id, user_id, address, verification_status, created_at, .. } = marker;
            [id, user_id, address, verification_status, created_at].map(Clone::clone)
        };
        Answer::Enrollment(enrollment.name(), enrollment.marker().map(texts))
    })
}

/// Refused markers are an answer, not a failure.
fn refused(error: Error) -> Result<Answer, Error> {
    match error {
        Error::MarkerRefused { count, first, report } => Ok(Answer::Refused(
            count,
            format!("{}: {}", first.user_id, first.refusal),
            report.map(|report| *report),
        )),
        other => Err(other),
    }
}
