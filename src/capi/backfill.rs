//! `fm_backfill_facilitator_markers`, `fm_preview_facilitator_markers`, and the backfill in steps:
//! `fm_backfill`.

use libc::{c_char, c_int};
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::failure::{Failure, give};
use super::gate::gate;
use super::in_steps::InSteps;
use super::out::Out;
use super::report::{count, fm_report};
use crate::backfill::Round;
use crate::{Error, Progress, backfill_facilitator_markers, preview_facilitator_markers};

/// Writes the missing marker of every owner. Run it at every server start: where nothing is missing it only
/// reads.
///
/// Nobody is enrolled by guessing: an owner_address that could mean several users is counted as ambiguous. In
/// autocommit mode it commits as it goes: it writes for 30 ms at a stretch, or 7 ms beside somebody who writes too,
/// and then leaves the lock for as long as SQLite's busy timeout needs to get it, unless nobody else can write. After an
/// error, calling again does the rest. Inside a transaction, an error undoes all of this call's work, and
/// nothing else.
///
/// If the database refuses a marker, all other owners are enrolled before the call fails; the message has the
/// number of refused markers and the first of them, and *report is written as on success.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_backfill_facilitator_markers(
    db: *mut sqlite3,
    report: *mut fm_report,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, errmsg) = unsafe { (Out::new(report), Out::new(errmsg)) };
    gate(errmsg, None, || {
        // SAFETY: the header asks for a connection that is open and not used elsewhere meanwhile.
        let result = unsafe {
            lend(db, |conn| {
                let result = backfill_facilitator_markers(conn);
                if let Err(Error::MarkerRefused { report: Some(done), .. }) = &result {
                    report.put((**done).into());
                }
                result
            })
        };
        report.put(result?.into());
        Ok(SQLITE_OK)
    })
}

/// What fm_backfill_facilitator_markers() would do now. Writes nothing, takes no write lock, and works on a
/// read-only connection.
///
/// If something stands in the way of markers, *warning is a sentence that says what, and what to do; else it is
/// NULL. Free it with sqlite3_free(). Markers that the schema is known to refuse are counted as refused; what only
/// the run of a CHECK or a trigger can tell, a preview can't.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_preview_facilitator_markers(
    db: *mut sqlite3,
    report: *mut fm_report,
    warning: *mut *mut c_char,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, warning, errmsg) = unsafe { (Out::new(report), Out::new(warning), Out::new(errmsg)) };
    gate(errmsg, Some(&warning), || {
        // SAFETY: the header asks for a connection that is open and not used elsewhere meanwhile.
        let preview = unsafe { lend(db, preview_facilitator_markers) }?;
        let sentences: Vec<_> = preview.warnings.iter().map(ToString::to_string).collect();
        if !sentences.is_empty() {
            give(&sentences.join(". "), &warning)?;
        }
        report.put(preview.report.into());
        Ok(SQLITE_OK)
    })
}

/// A backfill in steps, for a server that has other things to do meanwhile; after sqlite3_backup.
///
/// It remembers the connection, and holds nothing of it: between two steps no statement is open, no lock is
/// held, and the host may do on the connection what it likes, except close it and go on. It may be closed
/// anywhere; what was committed is whole, and the next backfill does the rest.
pub struct fm_backfill {
    steps: InSteps<Round>,
}

/// Begins a backfill on this connection: reads the schema and the number of facilitators, and writes nothing.
/// With SQLITE_OK, *backfill has to be closed by fm_backfill_close(). backfill itself must not be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_backfill_open(
    db: *mut sqlite3,
    backfill: *mut *mut fm_backfill,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (backfill, errmsg) = unsafe { (Out::new(backfill), Out::new(errmsg)) };
    gate(errmsg, Some(&backfill), || {
        if backfill.is_unwanted() {
            return Err(Failure::misuse("backfill is NULL: pass the address of an fm_backfill *"));
        }
        // SAFETY: the header asks for a connection that is open and not used elsewhere meanwhile.
        let steps = unsafe { InSteps::begin("backfill", db, Round::in_steps) }?;
        backfill.put(Box::into_raw(Box::new(fm_backfill { steps })));
        Ok(SQLITE_OK)
    })
}

/// Visits up to max_owners owners (at least 1; 500 is a good number), in one short write, which is committed
/// at once unless the host is in a transaction. SQLITE_OK: there is more to do. SQLITE_DONE: every owner has
/// been visited.
///
/// Any other code: nothing of this step remains in the database, and the same step can be tried again, with
/// nothing lost, done twice or counted twice. Only refused markers are reported at the end, instead of
/// SQLITE_DONE: then fm_backfill_progress() gives 0 owners that remain, and the report has them as refused. After
/// SQLITE_INTERNAL the backfill can only be closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_backfill_step(
    backfill: *mut fm_backfill,
    max_owners: i64,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for an out-parameter that is NULL or can be written to.
    gate(unsafe { Out::new(errmsg) }, None, || {
        // SAFETY: the header asks for a backfill that is open, and its uses don't overlap in time but within
        // a step, where all of them share it.
        let backfill = unsafe { opened(backfill) }?;
        // SAFETY: the header asks that the connection of an open backfill be open in every step.
        unsafe { backfill.steps.step(max_owners, "max_owners", Round::step) }
    })
}

/// How far the backfill is: the counts so far, and how many owners are still to visit, which is 0 exactly
/// when every one has been visited, and the number of facilitators as long as the tables are being read. It
/// is readable after any step, whatever that answered, and uses no connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_backfill_progress(
    backfill: *const fm_backfill,
    report: *mut fm_report,
    remaining: *mut i64,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, remaining, errmsg) =
        unsafe { (Out::new(report), Out::new(remaining), Out::new(std::ptr::null_mut())) };
    gate(errmsg, None, || {
        // SAFETY: the header asks for a backfill that is open, which is only shared here.
        let backfill = unsafe { opened(backfill) }?;
        let progress: Progress = backfill.steps.with_round(|round| round.progress())?;
        report.put(progress.report.into());
        remaining.put(count(progress.remaining));
        Ok(SQLITE_OK)
    })
}

/// Ends a backfill, finished or not, and frees it. Doesn't use the connection, which may be closed before. Of
/// NULL, does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_backfill_close(backfill: *mut fm_backfill) {
    if !backfill.is_null() {
        // SAFETY: the header asks for a backfill that came from the library and is closed once, so this is
        // its Box.
        drop(unsafe { Box::from_raw(backfill) });
    }
}

/// # Safety
///
/// `backfill` is NULL or open, and stays open while the result is used.
unsafe fn opened<'a>(backfill: *const fm_backfill) -> Result<&'a fm_backfill, Failure> {
    // SAFETY: the caller promises that a backfill that isn't NULL is open; nothing takes it mutably until it
    // is closed.
    unsafe { backfill.as_ref() }
        .ok_or_else(|| Failure::misuse("backfill is NULL: open one with fm_backfill_open()"))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::ptr;

    use rusqlite::Connection;
    use rusqlite::ffi::{SQLITE_DONE, SQLITE_MISUSE};

    use super::*;

    #[test]
    fn after_a_panic_in_a_step_a_backfill_can_only_be_closed() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../tests/host/schema.sql")).unwrap();
        let mut backfill = ptr::null_mut();
        // SAFETY: the connection is open, the backfill's place outlives the calls, and it is closed once.
        unsafe {
            assert_eq!(fm_backfill_open(conn.handle(), &raw mut backfill, ptr::null_mut()), SQLITE_OK);
            assert_eq!(fm_backfill_step(backfill, 1, ptr::null_mut()), SQLITE_DONE);
            let panicking =
                AssertUnwindSafe(|| (*backfill).steps.with_round(|_| panic!("lost count")).is_ok());
            assert!(catch_unwind(panicking).is_err());
            assert_eq!(fm_backfill_step(backfill, 1, ptr::null_mut()), SQLITE_MISUSE);
            assert_eq!(fm_backfill_progress(backfill, ptr::null_mut(), ptr::null_mut()), SQLITE_MISUSE);
            fm_backfill_close(backfill);
        }
    }
}
