//! A backfill or a repair, in steps, in C.

use std::ffi::c_int;
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::abi;
use crate::answer::{Answer, Report, Told};
use crate::call::{Call, Task};
use crate::fault::Fault;
use crate::in_c::CCall;
use crate::run::{Answered, Heard, MOST_STEPS};
use crate::watch::Watch;

/// One that is open.
enum Open {
    Backfill(abi::Backfill),
    Repair(abi::Repair),
}

impl Open {
    fn new(task: Task, conn: &Connection) -> abi::Answer<Self> {
        let (mut open, mut errmsg) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: an open connection that nothing else uses, and places for the results.
        let code = unsafe {
            match task {
                Task::Backfill => abi::fm_backfill_open(conn.handle(), &raw mut open, &raw mut errmsg),
                Task::Repair => abi::fm_repair_open(conn.handle(), &raw mut open, &raw mut errmsg),
            }
        };
        match (code, task) {
            (ffi::SQLITE_OK, Task::Backfill) => Ok(Open::Backfill(open)),
            (ffi::SQLITE_OK, Task::Repair) => Ok(Open::Repair(open)),
            (code, _) => Err((code, abi::take(errmsg))),
        }
    }

    /// Takes a step; whether it was the last.
    fn step(&self, most: u64, changes: &mut Vec<Told>, hear: &mut dyn FnMut() -> c_int) -> abi::Answer<bool> {
        let mut errmsg = ptr::null_mut();
        let code = match self {
            // SAFETY: it is open until it is dropped, and nothing else uses its connection.
            Open::Backfill(backfill) => unsafe {
                abi::fm_backfill_step(*backfill, most as i64, &raw mut errmsg)
            },
            Open::Repair(repair) => {
                let (told, code) = abi::repair_step(*repair, most as i64, &mut |_| hear(), &mut errmsg);
                changes.extend(told.into_iter().map(Told::from));
                code
            }
        };
        match code {
            ffi::SQLITE_OK => Ok(false),
            ffi::SQLITE_DONE => Ok(true),
            code => Err((code, abi::take(errmsg))),
        }
    }

    /// The counts, and whether it is done.
    fn progress(&self) -> (Report, bool) {
        let (code, progress) = match self {
            Open::Backfill(backfill) => {
                let (mut report, mut remaining) = (abi::Report::default(), -1);
                // SAFETY: it is open until it is dropped.
                let code =
                    unsafe { abi::fm_backfill_progress(*backfill, &raw mut report, &raw mut remaining) };
                (code, (report.into(), remaining == 0))
            }
            Open::Repair(repair) => {
                let (mut report, mut is_done) = (abi::RepairReport::default(), -1);
                // SAFETY: as above.
                let code = unsafe { abi::fm_repair_progress(*repair, &raw mut report, &raw mut is_done) };
                (code, (report.into(), is_done == 1))
            }
        };
        assert_eq!(code, ffi::SQLITE_OK);
        progress
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: it is closed once.
        unsafe {
            match self {
                Open::Backfill(backfill) => abi::fm_backfill_close(*backfill),
                Open::Repair(repair) => abi::fm_repair_close(*repair),
            }
        }
    }
}

/// Opens one, takes all steps, and closes it.
pub fn run(
    call: CCall,
    task: Task,
    most: u64,
    conn: &Connection,
    watch: &Watch,
    fault: &dyn Fault,
    heard: &mut Heard,
) -> Answered<Answer> {
    let begun = |_: &Open| Answer::Told(Default::default());
    let open = watch.during(|| Open::new(task, conn))?;
    if let Err(error) = call.judged(open.as_ref().map(begun).map_err(Clone::clone), None, watch, fault)? {
        return Ok(Err(error));
    }
    let Ok(open) = open else { unreachable!("it is open") };
    let mut hear = || c_int::from(!fault.hears(Call::C(call), conn, watch));
    for _ in 0..MOST_STEPS {
        let result = watch.during(|| open.step(most, &mut heard.changes, &mut hear))?;
        let (report, is_done) = open.progress();
        heard.counts = Some(report);
        let is_last = result.as_ref().ok().copied();
        let answer = result.map(|_| Answer::Report(report));
        let answer = call.judged(answer, Some(report).filter(|_| is_done), watch, fault)?;
        match is_last {
            Some(is_last) if is_last != is_done => {
                return Err(format!("done is {is_done}, and was said to be {is_last}"));
            }
            Some(false) => {}
            _ => return Ok(answer),
        }
    }
    Err(format!("{MOST_STEPS} steps were not enough"))
}
