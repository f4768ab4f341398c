//! Why a C function doesn't succeed, and the texts that C callers are given.

use std::any::Any;
use std::borrow::Cow;
use std::ptr;

use libc::{c_char, c_int};
use rusqlite::ffi;

use super::out::Out;
use crate::error::Error;

/// Why a C function doesn't succeed.
pub(super) struct Failure {
    code: c_int,
    message: Cow<'static, str>,
}

impl Failure {
    pub(super) fn misuse(message: impl Into<Cow<'static, str>>) -> Self {
        Failure { code: ffi::SQLITE_MISUSE, message: message.into() }
    }

    pub(super) fn error(message: String) -> Self {
        Failure { code: ffi::SQLITE_ERROR, message: message.into() }
    }

    pub(super) fn panic(payload: &(dyn Any + Send)) -> Self {
        let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "no text",
        };
        Failure {
            code: ffi::SQLITE_INTERNAL,
            message: format!("a bug in facilitator-markers, please report it: {text}").into(),
        }
    }

    /// Gives the message to the caller, who frees it.
    pub(super) fn tell(&self, errmsg: Out<*mut c_char>) -> c_int {
        match give(&self.message, &errmsg) {
            Ok(()) => self.code,
            Err(out_of_memory) => out_of_memory.code,
        }
    }
}

/// Gives the caller a text that sqlite3_free() frees.
pub(super) fn give(text: &str, place: &Out<*mut c_char>) -> Result<(), Failure> {
    if place.is_unwanted() {
        return Ok(());
    }
    // A C string ends at its first NUL, and the advice stands at the end.
    let text = text.replace('\0', "\u{fffd}");
    // SAFETY: any size may be asked for.
    let copy: *mut c_char = unsafe { ffi::sqlite3_malloc64(text.len() as u64 + 1) }.cast();
    if copy.is_null() {
        return Err(Failure { code: ffi::SQLITE_NOMEM, message: "out of memory: try again".into() });
    }
    // SAFETY: `copy` is new, with one byte more than `text`, for the NUL.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr().cast(), copy, text.len());
        *copy.add(text.len()) = 0;
    }
    place.put(copy);
    Ok(())
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { code: error.code(), message: error.to_string().into() }
    }
}
