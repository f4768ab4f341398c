//! The arguments of a SQL function's call.

use std::ffi::{CStr, c_int};
use std::slice;

use rusqlite::ffi::{self, sqlite3_value};

use crate::failure::Failure;

/// The arguments of one call, in their order.
pub(crate) struct Arguments<'a> {
    function: &'static CStr,
    values: &'a [*mut sqlite3_value],
}

impl<'a> Arguments<'a> {
    /// # Safety
    ///
    /// What SQLite hands to a function of this name: `count` values, which live as long as the call.
    pub(crate) unsafe fn new(function: &'static CStr, count: c_int, values: *mut *mut sqlite3_value) -> Self {
        let values = match usize::try_from(count) {
            // SAFETY: the caller's promise.
            Ok(count) if count > 0 => unsafe { slice::from_raw_parts(values, count) },
            _ => &[],
        };
        Arguments { function, values }
    }

    /// The argument `name` at `index`, which has to be TEXT.
    pub(crate) fn text(&self, index: usize, name: &str) -> Result<&'a str, Failure> {
        let value = self.value(index, name)?;
        // SAFETY: a value of this call. The pointer to its text stays valid until the value is converted, which is not
        // done before the call ends, and its length is asked for after the pointer, as SQLite wants it.
        let bytes = unsafe {
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_TEXT => {}
                other => return Err(self.refuse(name, "TEXT", type_name(other))),
            }
            let text = ffi::sqlite3_value_text(value);
            if text.is_null() {
                return Err(Failure {
                    code: ffi::SQLITE_NOMEM,
                    message: "out of memory: try again".to_owned(),
                });
            }
            let length = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or(0);
            slice::from_raw_parts(text, length)
        };
        std::str::from_utf8(bytes).map_err(|_| self.refuse(name, "text in UTF-8", "other bytes"))
    }

    /// The argument `name` at `index`, which has to be a whole number from 1 on. Hosts whose numbers are all floating
    /// point bind it as REAL, and those whose numbers are all text, as Perl's, as TEXT.
    pub(crate) fn count(&self, index: usize, name: &str) -> Result<u64, Failure> {
        const WANTED: &str = "a whole number from 1 on";
        let value = self.value(index, name)?;
        // SAFETY: a value of this call.
        let (kind, integer, real) = unsafe {
            (
                ffi::sqlite3_value_type(value),
                ffi::sqlite3_value_int64(value),
                ffi::sqlite3_value_double(value),
            )
        };
        match kind {
            ffi::SQLITE_INTEGER if integer >= 1 => Ok(integer.unsigned_abs()),
            ffi::SQLITE_INTEGER => Err(self.refuse(name, WANTED, &integer.to_string())),
            // Beyond the integers, this is as many as there can be.
            ffi::SQLITE_FLOAT if real >= 1.0 && real.fract() == 0.0 => Ok(real as u64),
            ffi::SQLITE_FLOAT => Err(self.refuse(name, WANTED, &real.to_string())),
            ffi::SQLITE_TEXT => {
                let text = self.text(index, name)?;
                written_number(text).ok_or_else(|| self.refuse(name, WANTED, &quoted(text)))
            }
            other => Err(self.refuse(name, WANTED, type_name(other))),
        }
    }

    fn value(&self, index: usize, name: &str) -> Result<*mut sqlite3_value, Failure> {
        self.values.get(index).copied().ok_or_else(|| self.refuse(name, "given", "missing"))
    }

    fn refuse(&self, name: &str, wanted: &str, found: &str) -> Failure {
        let function = self.function.to_string_lossy();
        Failure::misuse(format!("{function}: {name} has to be {wanted}, and is {found}"))
    }
}

/// The whole number from 1 on that a text is, in the only form in which SQLite writes an INTEGER: ` 5`, `05`, `+5`, `5.0` and
/// `5e2` may have been meant as something else.
fn written_number(text: &str) -> Option<u64> {
    let number: i64 = text.parse().ok()?;
    (number >= 1 && number.to_string() == text).then(|| number.unsigned_abs())
}

/// A text in a message, where it is short enough to be read.
fn quoted(text: &str) -> String {
    const MOST_BYTES: usize = 40;
    if text.len() > MOST_BYTES {
        return format!("TEXT of {} bytes", text.len());
    }
    format!("TEXT {text:?}")
}

fn type_name(kind: c_int) -> &'static str {
    match kind {
        ffi::SQLITE_INTEGER => "an INTEGER",
        ffi::SQLITE_FLOAT => "a REAL",
        ffi::SQLITE_TEXT => "TEXT",
        ffi::SQLITE_BLOB => "a BLOB",
        _ => "NULL",
    }
}
