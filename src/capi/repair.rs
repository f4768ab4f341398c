//! `fm_repair_facilitator_markers`, and the repair in steps: `fm_repair`.

use std::ffi::c_void;

use libc::{c_char, c_int};
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::callback::Callback;
use super::change::{fm_change, fm_change_callback};
use super::failure::Failure;
use super::gate::gate;
use super::in_steps::InSteps;
use super::out::Out;
use super::report::fm_repair_report;
use crate::repair::{RepairRound, try_repair_facilitator_markers};
use crate::{Error, RepairProgress};

/// Mends the markers that are wrong, as far as nobody has to guess: what fm_audit_facilitator_markers() calls dated_late,
/// date_form and not_verified. A second repair finds nothing to do, and only reads.
///
/// A marker never becomes later than it was. One whose user has a facilitator that is ambiguous, or whose date can't be read, is
/// left alone, and so are duplicates and orphans: deleting is for the host. What somebody else changes meanwhile is left alone
/// too, or looked at again.
///
/// callback is told each change right before it is committed, so that a log that it writes has all that was committed. It may
/// also have what was not, where the commit failed or the process died: then the undo of that change does nothing. callback must
/// not use db, and others wait for it. If it returns other than 0, what this would have committed next is undone, and the call
/// fails with SQLITE_ABORT.
///
/// In autocommit mode it commits as it goes, at the pace of fm_backfill_facilitator_markers(); after an error, calling again
/// does the rest. Inside a transaction, an error undoes all of this call's work, and nothing else.
///
/// If the database refuses a change, all other markers are mended before the call fails; the message has the number of
/// refused changes and the first of them, and *report is written as on success.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_repair_facilitator_markers(
    db: *mut sqlite3,
    callback: fm_change_callback,
    context: *mut c_void,
    report: *mut fm_repair_report,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, errmsg) = unsafe { (Out::new(report), Out::new(errmsg)) };
    gate(errmsg, None, || {
        // SAFETY: the header asks for a callback that takes such a change and this context, and returns.
        let callback = unsafe { Callback::new(callback, context) }?;
        // SAFETY: the header asks for a connection that is open and not used elsewhere meanwhile.
        let result = unsafe {
            lend(db, |conn| {
                let result =
                    try_repair_facilitator_markers(conn, |change| fm_change::tell(&callback, &change));
                if let Err(Error::RepairRefused { report: done, .. }) = &result {
                    report.put((**done).into());
                }
                result
            })
        };
        report.put(result?.into());
        Ok(SQLITE_OK)
    })
}

/// A repair in steps, for a server that has other things to do meanwhile; like fm_backfill.
///
/// It remembers the connection, and holds nothing of it: between two steps no statement is open, no lock is
/// held, and the host may do on the connection what it likes, except close it and go on. It may be closed
/// anywhere; what was committed is whole, and the next repair does the rest.
pub struct fm_repair {
    steps: InSteps<RepairRound>,
}

/// Begins a repair on this connection: reads the schema and the number of facilitators, and writes nothing.
/// With SQLITE_OK, *repair has to be closed by fm_repair_close(). repair itself must not be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_repair_open(
    db: *mut sqlite3,
    repair: *mut *mut fm_repair,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (repair, errmsg) = unsafe { (Out::new(repair), Out::new(errmsg)) };
    gate(errmsg, Some(&repair), || {
        if repair.is_unwanted() {
            return Err(Failure::misuse("repair is NULL: pass the address of an fm_repair *"));
        }
        // SAFETY: the header asks for a connection that is open and not used elsewhere meanwhile.
        let steps = unsafe { InSteps::begin("repair", db, RepairRound::in_steps) }?;
        repair.put(Box::into_raw(Box::new(fm_repair { steps })));
        Ok(SQLITE_OK)
    })
}

/// Mends up to max_markers markers (at least 1; 500 is a good number), in one short write, which is committed
/// at once unless the host is in a transaction. SQLITE_OK: there is more to do. SQLITE_DONE: every marker has
/// been visited.
///
/// callback is told each change right before it is committed, as by fm_repair_facilitator_markers(), and must not use the
/// connection. If it returns other than 0, the step is undone, and fails with SQLITE_ABORT.
///
/// Any other code: nothing of this step remains in the database, and the same step can be tried again, with
/// nothing lost, done twice or counted twice; then callback is told again. Only refused changes are reported at the end,
/// instead of SQLITE_DONE: then fm_repair_progress() says that it is done, and the report has them as refused. After
/// SQLITE_INTERNAL the repair can only be closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_repair_step(
    repair: *mut fm_repair,
    max_markers: i64,
    callback: fm_change_callback,
    context: *mut c_void,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for an out-parameter that is NULL or can be written to.
    gate(unsafe { Out::new(errmsg) }, None, || {
        // SAFETY: the header asks for a repair that is open, and its uses don't overlap in time but within
        // a step, where all of them share it.
        let repair = unsafe { opened(repair) }?;
        // SAFETY: the header asks for a callback that takes such a change and this context, and returns.
        let callback = unsafe { Callback::new(callback, context) }?;
        let tell = |change| fm_change::tell(&callback, &change);
        // SAFETY: the header asks that the connection of an open repair be open in every step.
        unsafe {
            repair.steps.step(max_markers, "max_markers", |round, conn, most| round.step(conn, most, tell))
        }
    })
}

/// How far the repair is: the counts so far, and in *is_done 1 exactly when every marker has been visited, else 0. It
/// is readable after any step, whatever that answered, and uses no connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_repair_progress(
    repair: *const fm_repair,
    report: *mut fm_repair_report,
    is_done: *mut c_int,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, is_done, errmsg) =
        unsafe { (Out::new(report), Out::new(is_done), Out::new(std::ptr::null_mut())) };
    gate(errmsg, None, || {
        // SAFETY: the header asks for a repair that is open, which is only shared here.
        let repair = unsafe { opened(repair) }?;
        let progress: RepairProgress = repair.steps.with_round(|round| round.progress())?;
        report.put(progress.report.into());
        is_done.put(progress.is_done.into());
        Ok(SQLITE_OK)
    })
}

/// Ends a repair, finished or not, and frees it. Doesn't use the connection, which may be closed before. Of
/// NULL, does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_repair_close(repair: *mut fm_repair) {
    if !repair.is_null() {
        // SAFETY: the header asks for a repair that came from the library and is closed once, so this is
        // its Box.
        drop(unsafe { Box::from_raw(repair) });
    }
}

/// # Safety
///
/// `repair` is NULL or open, and stays open while the result is used.
unsafe fn opened<'a>(repair: *const fm_repair) -> Result<&'a fm_repair, Failure> {
    // SAFETY: the caller promises that a repair that isn't NULL is open; nothing takes it mutably until it
    // is closed.
    unsafe { repair.as_ref() }
        .ok_or_else(|| Failure::misuse("repair is NULL: open one with fm_repair_open()"))
}
