//! A call that can be tried again where it stopped.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use facilitator_markers::rusqlite::{self, Connection, ffi};
use facilitator_markers::{
    DueOwner, Enrollment, Error, Finding, SkippedOwner, StepResult, audit_facilitator_markers,
    backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner,
    for_each_skipped_owner, preview_facilitator_markers, repair_facilitator_markers,
};

use crate::answer::{Answer, Report, Told, finding};
use crate::call::{Call, Task};
use crate::fault::Fault;
use crate::task::Begun;
use crate::watch::Watch;

pub struct Run<'c> {
    call: Call,
    conn: &'c Connection,
    begun: Option<Begun<'c>>,
    pub heard: Heard,
    strangers: u32,
}

/// What was told until now.
#[derive(Default)]
pub struct Heard {
    pub told: BTreeSet<String>,
    pub changes: Vec<Told>,
    /// The counts of what is done in steps in C, which doesn't go on.
    pub counts: Option<Report>,
}

/// More steps than this are endless.
pub const MOST_STEPS: u32 = 3_000;

/// What a call answers. A broken promise is an `Err` on the outside.
pub type Answered<T> = Result<Result<T, Error>, String>;

impl<'c> Run<'c> {
    pub fn new(call: Call, conn: &'c Connection) -> Self {
        Run { call, conn, begun: None, heard: Heard::default(), strangers: 0 }
    }

    /// Whether trying again goes on with the same backfill or repair.
    pub fn goes_on(&self) -> bool {
        self.begun.is_some()
    }

    /// The counts so far, of what is done in steps.
    pub fn report(&self) -> Option<Report> {
        self.begun.as_ref().map(Begun::report).or(self.heard.counts)
    }

    /// Calls the library.
    pub fn go(&mut self, watch: &Watch, fault: &dyn Fault) -> Answered<Answer> {
        let (conn, call) = (self.conn, self.call);
        let hear = || hear(call, conn, watch, fault);
        self.heard.told.clear();
        let Heard { told, changes, .. } = &mut self.heard;
        let enrolled = |enrollment: Enrollment| Answer::enrollment(&enrollment);
        let result = match call {
            Call::Create(id) => {
                during(watch, || create_facilitator_marker(conn, id, Call::date(id)))?.map(enrolled)
            }
            Call::Ensure(id) => during(watch, || ensure_facilitator_marker(conn, id))?.map(enrolled),
            Call::Whole(Task::Backfill) => during(watch, || backfill_facilitator_markers(conn))?
                .map(|report| Answer::Report(Report::Backfill(report))),
            Call::Whole(Task::Repair) => {
                let f = |change: facilitator_markers::Change| {
                    changes.push(change.into());
                    hear();
                };
                during(watch, || repair_facilitator_markers(conn, f))?
                    .map(|report| Answer::Report(Report::Repair(report)))
            }
            Call::Preview => during(watch, || preview_facilitator_markers(conn))?
                .map(|preview| Answer::Preview(Report::Backfill(preview.report), preview.warnings.len())),
            Call::Due => {
                let f = |owner: DueOwner| {
                    told.insert(format!("{} {}", owner.user_id, owner.enrollment_date));
                    hear();
                };
                during(watch, || for_each_due_owner(conn, f))?.map(|()| Answer::Told(told.clone()))
            }
            Call::Skipped => {
                let f = |owner: SkippedOwner| {
                    told.insert(format!("{}: {owner}", owner.reason()));
                    hear();
                };
                during(watch, || for_each_skipped_owner(conn, f))?.map(|()| Answer::Told(told.clone()))
            }
            Call::Audit => during(watch, || audit(conn, told, hear))?.map(|()| Answer::Told(told.clone())),
            Call::Complete(task, most) => self.complete(task, most, watch, fault)?,
            Call::Steps { task, most, host_writes } => {
                return self.step(task, most, host_writes, watch, fault);
            }
            #[cfg(feature = "capi")]
            Call::C(call) => return call.go(conn, watch, fault, &mut self.heard),
        };
        let result = result.or_else(Answer::refused);
        fault.judge(call, watch, result.as_ref().err())?;
        Ok(result)
    }

    /// Begins, if nothing is begun.
    fn begin(&mut self, task: Task, watch: &Watch, fault: &dyn Fault) -> Answered<&mut Begun<'c>> {
        if self.begun.is_none() {
            let begun = during(watch, || Begun::new(task, self.conn))?;
            fault.judge(self.call, watch, begun.as_ref().err())?;
            match begun {
                Ok(begun) => self.begun = Some(begun),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(self.begun.as_mut().expect("it is begun")))
    }

    fn complete(&mut self, task: Task, most: u64, watch: &Watch, fault: &dyn Fault) -> Answered<Answer> {
        if let Err(error) = self.begin(task, watch, fault)? {
            return Ok(Err(error));
        }
        let (conn, call, changes) = (self.conn, self.call, &mut self.heard.changes);
        let Some(begun) = &mut self.begun else { unreachable!("it is begun") };
        let tell = |change| {
            changes.extend(change);
            hear(call, conn, watch, fault);
        };
        Ok(during(watch, || begun.run_to_completion(most, tell))?.map(Answer::Report))
    }

    fn step(
        &mut self,
        task: Task,
        most: u64,
        host_writes: bool,
        watch: &Watch,
        fault: &dyn Fault,
    ) -> Answered<Answer> {
        if let Err(error) = self.begin(task, watch, fault)? {
            return Ok(Err(error));
        }
        for _ in 0..MOST_STEPS {
            if host_writes {
                self.strangers += 1;
                add_stranger(self.conn, self.strangers);
            }
            let (conn, call, changes) = (self.conn, self.call, &mut self.heard.changes);
            let Some(begun) = &mut self.begun else { unreachable!("it is begun") };
            let tell = |change| {
                changes.push(change);
                hear(call, conn, watch, fault);
            };
            let result = match during(watch, || begun.step(most, tell))? {
                Ok(result) => Ok((result, Answer::Report(begun.report()))),
                Err(error) => Answer::refused(error).map(|refused| (StepResult::Done, refused)),
            };
            fault.judge(call, watch, result.as_ref().err())?;
            match result {
                Ok((StepResult::Done, answer)) if begun.is_done() => return Ok(Ok(answer)),
                Ok((StepResult::More, _)) if !begun.is_done() => {}
                Ok((other, _)) => return Err(format!("{other:?}, and done is {}", begun.is_done())),
                Err(error) => return Ok(Err(error)),
            }
        }
        Err(format!("{MOST_STEPS} steps were not enough"))
    }
}

fn audit(conn: &Connection, told: &mut BTreeSet<String>, hear: impl Fn()) -> Result<(), Error> {
    let mut failed = None;
    let f = |found: Finding| {
        if failed.is_none() {
            match found.cost(conn) {
                Ok(cost) => {
                    told.insert(finding(&found, cost.map(|cost| [cost.counted, cost.total])));
                }
                Err(error) => failed = Some(error),
            }
        }
        hear();
    };
    let result = audit_facilitator_markers(conn, f);
    let report = failed.map_or(result, Err)?;
    told.insert(format!("{report:?}"));
    Ok(())
}

/// What a host's callback throws.
struct Thrown;

/// The host hears what the library tells.
fn hear(call: Call, conn: &Connection, watch: &Watch, fault: &dyn Fault) {
    if !fault.hears(call, conn, watch) {
        resume_unwind(Box::new(Thrown));
    }
}

/// Calls the library. What the host throws out of a callback comes back, as the failure that it is in C.
fn during<T>(watch: &Watch, call: impl FnOnce() -> Result<T, Error>) -> Answered<T> {
    watch.during(|| match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result,
        Err(panic) if panic.is::<Thrown>() => {
            let source = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT), None);
            Err(Error::Sqlite { doing: "telling the host", code: ffi::SQLITE_ABORT, source })
        }
        Err(panic) => resume_unwind(panic),
    })
}

/// A user who owns nothing. Where the host can't add one, nothing is written.
fn add_stranger(conn: &Connection, number: u32) {
    let sql = "INSERT INTO main.\"user\"(id, name, email) VALUES (?1, 'Somebody', ?1)";
    let _ = conn.execute(sql, [format!("Stranger{number}")]);
}
