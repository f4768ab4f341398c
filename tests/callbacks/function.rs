//! SQL functions on one connection that may use what their maker lends them.

use std::ffi::{CString, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};

/// What a function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Null,
    Number(i64),
    Text(&'static str),
    Error(c_int),
}

type Body<'c> = Box<dyn Fn() -> Answer + 'c>;

/// A function of any number of arguments, which is gone when this is dropped.
pub struct Function<'c> {
    conn: &'c Connection,
    name: CString,
    body: *mut Body<'c>,
}

impl<'c> Function<'c> {
    /// A scalar function. Its body may use the connection, and must not panic.
    pub fn scalar(conn: &'c Connection, name: &str, body: impl Fn() -> Answer + 'c) -> Self {
        Self::define(conn, name, Box::new(body), false)
    }

    /// An aggregate function, whose body is asked for the result.
    pub fn aggregate(conn: &'c Connection, name: &str, body: impl Fn() -> Answer + 'c) -> Self {
        Self::define(conn, name, Box::new(body), true)
    }

    fn define(conn: &'c Connection, name: &str, body: Body<'c>, is_aggregate: bool) -> Self {
        let name = CString::new(name).unwrap();
        let function = Function { conn, name, body: Box::into_raw(Box::new(body)) };
        let (scalar, step, end): (Option<Call>, Option<Call>, Option<End>) =
            if is_aggregate { (None, Some(pass), Some(end)) } else { (Some(call), None, None) };
        // SAFETY: the connection is open, and the body lives until the function is removed.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                conn.handle(),
                function.name.as_ptr(),
                -1,
                ffi::SQLITE_UTF8 as c_int,
                function.body.cast(),
                scalar,
                step,
                end,
                None,
            )
        };
        assert_eq!(code, ffi::SQLITE_OK);
        function
    }
}

impl Drop for Function<'_> {
    fn drop(&mut self) {
        // SAFETY: the connection is open.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                self.conn.handle(),
                self.name.as_ptr(),
                -1,
                ffi::SQLITE_UTF8 as c_int,
                ptr::null_mut(),
                None,
                None,
                None,
                None,
            )
        };
        if code == ffi::SQLITE_OK {
            // SAFETY: made by Box::into_raw, and SQLite has forgotten it. While a statement runs SQLite keeps
            // it, and so it is left there.
            drop(unsafe { Box::from_raw(self.body) });
        }
    }
}

type Call = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);
type End = unsafe extern "C" fn(*mut ffi::sqlite3_context);

unsafe extern "C" fn call(
    context: *mut ffi::sqlite3_context,
    _count: c_int,
    _arguments: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite gives its own context.
    unsafe { end(context) }
}

unsafe extern "C" fn pass(
    _context: *mut ffi::sqlite3_context,
    _count: c_int,
    _arguments: *mut *mut ffi::sqlite3_value,
) {
}

unsafe extern "C" fn end(context: *mut ffi::sqlite3_context) {
    // SAFETY: SQLite gives its own context, whose user data is the body; it copies the text.
    unsafe {
        let body: *mut c_void = ffi::sqlite3_user_data(context);
        match (*body.cast::<Body<'_>>())() {
            Answer::Null => ffi::sqlite3_result_null(context),
            Answer::Number(number) => ffi::sqlite3_result_int64(context, number),
            Answer::Text(text) => {
                let bytes = text.as_bytes();
                ffi::sqlite3_result_text(
                    context,
                    bytes.as_ptr().cast(),
                    bytes.len() as c_int,
                    ffi::SQLITE_TRANSIENT(),
                );
            }
            Answer::Error(code) => {
                ffi::sqlite3_result_error(context, c"not today".as_ptr(), -1);
                ffi::sqlite3_result_error_code(context, code);
            }
        }
    }
}
