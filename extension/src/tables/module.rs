//! What SQLite calls to read a table-valued function.
//!
//! Each is a module that a statement uses without creating a table of it. See <https://sqlite.org/vtab.html>, "Eponymous-only
//! virtual tables".

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use rusqlite::{Connection, ffi};

use super::{Rows, Table};
use crate::advice;
use crate::answer::{self, Answer};
use crate::failure::Failure;
use crate::gate::guarded;
use crate::message;

pub(super) static MODULE: ffi::sqlite3_module = ffi::sqlite3_module {
    iVersion: 0,
    // Without it, nobody can create a table of the module.
    xCreate: None,
    xConnect: Some(connect),
    xBestIndex: Some(best_index),
    xDisconnect: Some(disconnect),
    xDestroy: None,
    xOpen: Some(open),
    xClose: Some(close),
    xFilter: Some(filter),
    xNext: Some(next),
    xEof: Some(eof),
    xColumn: Some(column),
    xRowid: Some(rowid),
    xUpdate: None,
    xBegin: None,
    xSync: None,
    xCommit: None,
    xRollback: None,
    xFindFunction: None,
    xRename: None,
    xSavepoint: None,
    xRelease: None,
    xRollbackTo: None,
    xShadowName: None,
};

/// A table that a connection knows. SQLite has a pointer to the first member.
#[repr(C)]
struct Connected {
    base: ffi::sqlite3_vtab,
    db: *mut ffi::sqlite3,
    table: &'static Table,
}

/// Where a statement is that reads one. SQLite has a pointer to the first member, of which it sets the table.
#[repr(C)]
struct Cursor {
    base: ffi::sqlite3_vtab_cursor,
    rows: Option<Box<dyn Rows>>,
    number: i64,
}

/// What a reading of the table costs the planner: so much that it never repeats one for the rows of another table, where it
/// has the choice. There are as many rows as nobody knows.
const COST: f64 = 1e9;
const ROWS: i64 = 1_000;

unsafe extern "C" fn connect(
    db: *mut ffi::sqlite3,
    data: *mut c_void,
    _count: c_int,
    _arguments: *const *const c_char,
    connected: *mut *mut ffi::sqlite3_vtab,
    place: *mut *mut c_char,
) -> c_int {
    let made = guarded(|| {
        // SAFETY: SQLite hands over what the module was registered with.
        let table = unsafe { &*data.cast::<Table>() };
        let declaration =
            CString::new((table.declaration)()).map_err(|error| Failure::misuse(error.to_string()))?;
        // SAFETY: an open connection, which is connecting to a table of this module.
        unsafe {
            succeed(ffi::sqlite3_declare_vtab(db, declaration.as_ptr()))?;
            // Neither a view nor a trigger can read it, as they can't call the functions.
            succeed(ffi::sqlite3_vtab_config(db, ffi::SQLITE_VTAB_DIRECTONLY))?;
        }
        let base = ffi::sqlite3_vtab { pModule: ptr::null(), nRef: 0, zErrMsg: ptr::null_mut() };
        Ok(Box::new(Connected { base, db, table }))
    });
    match made {
        Ok(made) => {
            // SAFETY: the place for the table, which `disconnect` gets back.
            unsafe { connected.write(Box::into_raw(made).cast()) };
            ffi::SQLITE_OK
        }
        Err(Failure { code, message }) => {
            // SAFETY: the place for a message, in memory of SQLite's.
            unsafe { message::put(place, |size| ffi::sqlite3_malloc(size), &message) };
            code
        }
    }
}

fn succeed(code: c_int) -> Result<(), Failure> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(Failure {
            code,
            message: "SQLite doesn't take the table's declaration: try again".to_owned(),
        }),
    }
}

unsafe extern "C" fn best_index(_: *mut ffi::sqlite3_vtab, plan: *mut ffi::sqlite3_index_info) -> c_int {
    // SAFETY: SQLite hands over a plan to fill in.
    let plan = unsafe { &mut *plan };
    plan.estimatedCost = COST;
    plan.estimatedRows = ROWS;
    ffi::SQLITE_OK
}

unsafe extern "C" fn disconnect(connected: *mut ffi::sqlite3_vtab) -> c_int {
    let _ = guarded(|| {
        // SAFETY: the box that `connect` handed over; SQLite hands it back once.
        drop(unsafe { Box::from_raw(connected.cast::<Connected>()) });
        Ok(())
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn open(_: *mut ffi::sqlite3_vtab, cursor: *mut *mut ffi::sqlite3_vtab_cursor) -> c_int {
    let opened = guarded(|| {
        let base = ffi::sqlite3_vtab_cursor { pVtab: ptr::null_mut() };
        Ok(Box::new(Cursor { base, rows: None, number: 0 }))
    });
    match opened {
        Ok(opened) => {
            // SAFETY: the place for the cursor, which `close` gets back.
            unsafe { cursor.write(Box::into_raw(opened).cast()) };
            ffi::SQLITE_OK
        }
        Err(failure) => failure.code,
    }
}

unsafe extern "C" fn close(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    let _ = guarded(|| {
        // SAFETY: the box that `open` handed over; SQLite hands it back once.
        drop(unsafe { Box::from_raw(cursor.cast::<Cursor>()) });
        Ok(())
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn filter(
    cursor: *mut ffi::sqlite3_vtab_cursor,
    _plan: c_int,
    _text: *const c_char,
    _count: c_int,
    _arguments: *mut *mut ffi::sqlite3_value,
) -> c_int {
    // SAFETY: a cursor of `open`'s, in use by this call only.
    unsafe {
        go_on(cursor, |cursor, table, conn| {
            cursor.number = 0;
            cursor.rows = Some((table.read)(conn)?);
            Ok(())
        })
    }
}

unsafe extern "C" fn next(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: as in `filter`.
    unsafe { go_on(cursor, |_, _, _| Ok(())) }
}

/// Goes to the next row, after `first`.
///
/// # Safety
///
/// `cursor` is one of `open`'s, in use by this call only.
unsafe fn go_on(
    cursor: *mut ffi::sqlite3_vtab_cursor,
    first: impl FnOnce(&mut Cursor, &Table, &Connection) -> Result<(), Failure>,
) -> c_int {
    // SAFETY: the caller's promise; SQLite has set the cursor's table, which is one of `connect`'s and outlives it.
    let (cursor, connected) = unsafe { (&mut *cursor.cast::<Cursor>(), (*cursor).pVtab.cast::<Connected>()) };
    // SAFETY: as above; nothing else of it is used meanwhile.
    let (db, table) = unsafe { ((*connected).db, (*connected).table) };
    let gone = guarded(|| {
        // SAFETY: the connection that reads the table. It is in use by this call only, and stays open longer than that.
        let conn = unsafe { lend(db) }?;
        let went = first(cursor, table, &conn).and_then(|()| match &mut cursor.rows {
            Some(rows) => rows.next(&conn),
            None => Ok(false),
        });
        went.map_err(|failure| advice::for_a_caller(&conn, failure))
    });
    match gone {
        Ok(true) => {
            cursor.number += 1;
            ffi::SQLITE_OK
        }
        Ok(false) => {
            cursor.rows = None;
            ffi::SQLITE_OK
        }
        Err(Failure { code, message }) => {
            cursor.rows = None;
            // SAFETY: the table's place for a message in SQLite's memory, which SQLite takes and clears after each call.
            unsafe {
                let place = &raw mut (*connected).base.zErrMsg;
                ffi::sqlite3_free((*place).cast());
                place.write(ptr::null_mut());
                message::put(place, |size| ffi::sqlite3_malloc(size), &message);
            }
            code
        }
    }
}

unsafe extern "C" fn eof(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: a cursor of `open`'s.
    unsafe { (*cursor.cast::<Cursor>()).rows.is_none().into() }
}

unsafe extern "C" fn column(
    cursor: *mut ffi::sqlite3_vtab_cursor,
    context: *mut ffi::sqlite3_context,
    column: c_int,
) -> c_int {
    let answer = guarded(|| {
        // SAFETY: a cursor of `open`'s, in use by this call only, with its table; and the connection as in `go_on`.
        let (cursor, conn) = unsafe {
            let connected = (*cursor).pVtab.cast::<Connected>();
            (&*cursor.cast::<Cursor>(), lend((*connected).db)?)
        };
        match (&cursor.rows, usize::try_from(column)) {
            (Some(rows), Ok(column)) => {
                rows.value(&conn, column).map_err(|failure| advice::for_a_caller(&conn, failure))
            }
            _ => Ok(Answer::Null),
        }
    });
    // SAFETY: the context of this call.
    unsafe { answer::give(context, answer) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn rowid(cursor: *mut ffi::sqlite3_vtab_cursor, rowid: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: a cursor of `open`'s, and the place for the number.
    unsafe { rowid.write((*cursor.cast::<Cursor>()).number) };
    ffi::SQLITE_OK
}

/// # Safety
///
/// The connection is open, and in use by nothing else as long as this is.
unsafe fn lend(db: *mut ffi::sqlite3) -> Result<Connection, Failure> {
    // SAFETY: the caller's promise.
    unsafe { Connection::from_handle(db) }
        .map_err(|error| Failure { code: ffi::SQLITE_ERROR, message: error.to_string() })
}
