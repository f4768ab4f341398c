//! The answer to a SQL function's call, or what stands in a column: a value, or a failure with its code and its message.

use std::ffi::{c_char, c_int};

use rusqlite::ffi::{self, sqlite3_context};

use crate::failure::Failure;

/// What a function returns, or stands in a column.
pub(crate) enum Answer {
    Null,
    Text(String),
    Integer(u64),
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Answer::Text(text.to_owned())
    }
}

impl From<u64> for Answer {
    fn from(number: u64) -> Self {
        Answer::Integer(number)
    }
}

impl<T: Into<Answer>> From<Option<T>> for Answer {
    fn from(value: Option<T>) -> Self {
        value.map_or(Answer::Null, T::into)
    }
}

/// Hands the answer to SQLite, which copies it.
///
/// # Safety
///
/// `context` is that of the call.
pub(crate) unsafe fn give(context: *mut sqlite3_context, answer: Result<Answer, Failure>) {
    match answer {
        // SAFETY: the caller's promise.
        Ok(Answer::Null) => unsafe { ffi::sqlite3_result_null(context) },
        // SAFETY: the caller's promise; the text outlives the call, which copies it.
        Ok(Answer::Text(text)) => unsafe {
            ffi::sqlite3_result_text(context, start(&text), length(&text), ffi::SQLITE_TRANSIENT());
        },
        // SAFETY: the caller's promise.
        Ok(Answer::Integer(number)) => unsafe {
            ffi::sqlite3_result_int64(context, i64::try_from(number).unwrap_or(i64::MAX));
        },
        // SAFETY: as for the text. A message resets the code, so it comes first.
        Err(Failure { code, message }) => unsafe {
            ffi::sqlite3_result_error(context, start(&message), length(&message));
            ffi::sqlite3_result_error_code(context, code);
        },
    }
}

fn start(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

fn length(text: &str) -> c_int {
    c_int::try_from(text.len()).unwrap_or(c_int::MAX)
}
