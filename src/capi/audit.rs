//! `fm_audit_facilitator_markers`.

use std::ffi::c_void;

use libc::{c_char, c_int};
use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_OK, sqlite3};

use super::arguments::lend;
use super::callback::Callback;
use super::finding::{fm_finding, fm_finding_callback};
use super::gate::gate;
use super::out::Out;
use super::report::fm_audit_report;
use crate::audit::try_audit_facilitator_markers;

/// Tells callback everything that is wrong with the markers that are there, in no particular order. Writes nothing, takes no
/// write lock, and works on a read-only connection.
///
/// - dated_late: dated after the enrollment date, so that earlier volume is lost. A repair dates it with the enrollment date.
/// - date_form: created_at isn't YYYY-MM-DD HH:MM:SS, so that the host compares it wrongly. A repair writes the same instant in
///   that form, or the enrollment date if that is earlier or the date can't be read.
/// - not_verified: verification_status isn't verified, and the host counts nothing. A repair sets it, and verified_at where that
///   is NULL.
/// - duplicate: a further marker of the same user, so that hosts that sum over markers count twice. A statement is given, for the
///   host to decide on.
/// - orphan: user_id names no user. Likewise.
/// - not_an_owner: no facilitator is the user's. Nothing is to be mended.
/// - dated_early: dated before the first facilitator, which an import may have meant. Nothing is to be mended.
///
/// Of a user who has a facilitator that is ambiguous or has a date that can't be read, markers are never repaired. *report has
/// how many there are of each.
///
/// Unless with_cost is 0, each finding tells what the marker costs, as the database is when it is told: counted is the sum of the
/// transactions of the user's facilitators since the marker's date, as the host counts them (type settle, status success, and
/// sender and recipient differ; nothing if the marker isn't verified), and total that of all of them. It is known where the host
/// has the table transactions with the columns facilitator_id, type, status, from_address, to_address, amount and created_at, and
/// the user has a facilitator. Without an index on transactions(facilitator_id), each finding reads that table.
///
/// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
/// other than 0; after any other failure it may have been told of some findings as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_audit_facilitator_markers(
    db: *mut sqlite3,
    with_cost: c_int,
    callback: fm_finding_callback,
    context: *mut c_void,
    report: *mut fm_audit_report,
    errmsg: *mut *mut c_char,
) -> c_int {
    // SAFETY: the header asks for out-parameters that are NULL or can be written to.
    let (report, errmsg) = unsafe { (Out::new(report), Out::new(errmsg)) };
    gate(errmsg, None, || {
        // SAFETY: the header asks for a callback that takes such a finding and this context, and returns.
        let callback = unsafe { Callback::new(callback, context) }?;
        let audit = |conn: &Connection| {
            try_audit_facilitator_markers(conn, |finding| {
                let cost = if with_cost != 0 { finding.cost(conn)? } else { None };
                fm_finding::tell(&callback, &finding, cost.as_ref())
            })
        };
        // SAFETY: the header asks for a connection that is open, and that only the callback uses meanwhile.
        report.put(unsafe { lend(db, audit) }?.into());
        Ok(SQLITE_OK)
    })
}
