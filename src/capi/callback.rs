//! Functions of a C caller's that are told something.

use std::ffi::c_void;

use libc::c_int;
use rusqlite::ffi::{self, SQLITE_ABORT};

use super::failure::Failure;
use crate::error::Error;

/// A function of a C caller's, and what it is given besides.
pub(super) struct Callback<T> {
    function: unsafe extern "C" fn(*const T, *mut c_void) -> c_int,
    context: *mut c_void,
}

impl<T> Callback<T> {
    /// # Errors
    ///
    /// `SQLITE_MISUSE` if `function` is NULL.
    ///
    /// # Safety
    ///
    /// As long as this exists, `function` can be called with something that lives until it returns, and with `context`.
    /// It returns: it neither throws nor jumps out.
    pub(super) unsafe fn new(
        function: Option<unsafe extern "C" fn(*const T, *mut c_void) -> c_int>,
        context: *mut c_void,
    ) -> Result<Self, Failure> {
        let function = function.ok_or_else(|| Failure::misuse("callback is NULL: pass a function"))?;
        Ok(Callback { function, context })
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// `SQLITE_ABORT` if it returns other than 0.
    pub(super) fn tell(&self, told: &T) -> Result<(), Error> {
        // SAFETY: `new` was promised a function that can be called so; `told` lives until it returns.
        let answer = unsafe { (self.function)(told, self.context) };
        if answer == 0 {
            return Ok(());
        }
        let text = format!("it returned {answer}, and only 0 goes on");
        let source = rusqlite::Error::SqliteFailure(ffi::Error::new(SQLITE_ABORT), Some(text));
        Err(Error::Sqlite { doing: "telling the callback", code: SQLITE_ABORT, source })
    }
}
