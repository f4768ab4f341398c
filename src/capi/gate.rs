//! The gate that every C function goes through: no panic gets out, and no failure without code and message.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use rusqlite::ffi;

use super::arguments::{Out, OutPointer};
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

    fn panic(payload: &(dyn Any + Send)) -> Self {
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
    fn tell(&self, errmsg: Out<*mut c_char>) -> c_int {
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

/// Does what a C function does, and answers with a result code. The pointers among its out-parameters are
/// NULL before anything else happens.
pub(super) fn gate(
    errmsg: Out<*mut c_char>,
    result: Option<&dyn OutPointer>,
    work: impl FnOnce() -> Result<c_int, Failure>,
) -> c_int {
    errmsg.clear();
    if let Some(result) = result {
        result.clear();
    }
    // What a panic could leave half done, `work` has to see to: a transaction is undone when it is dropped.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => failure.tell(errmsg),
        Err(payload) => Failure::panic(payload.as_ref()).tell(errmsg),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_panic_becomes_a_code_and_a_message() {
        let mut errmsg = ptr::dangling_mut();
        // SAFETY: `errmsg` outlives the call.
        let out = unsafe { Out::new(&raw mut errmsg) };
        assert_eq!(gate(out, None, || panic!("lost {}", "count")), ffi::SQLITE_INTERNAL);
        // SAFETY: the message is a C string, freed once.
        unsafe {
            let message = CStr::from_ptr(errmsg).to_str().unwrap();
            assert_eq!(message, "a bug in facilitator-markers, please report it: lost count");
            ffi::sqlite3_free(errmsg.cast());
        }
    }

    #[test]
    fn a_panic_needs_nobody_to_listen() {
        // SAFETY: NULL is allowed.
        let out = unsafe { Out::new(ptr::null_mut()) };
        assert_eq!(gate(out, None, || panic!()), ffi::SQLITE_INTERNAL);
    }

    #[test]
    fn a_nul_does_not_cut_a_message() {
        let mut errmsg = ptr::null_mut();
        // SAFETY: `errmsg` outlives the call.
        let out = unsafe { Out::new(&raw mut errmsg) };
        assert_eq!(gate(out, None, || Err(Failure::misuse("a\0b"))), ffi::SQLITE_MISUSE);
        // SAFETY: the message is a C string, freed once.
        unsafe {
            assert_eq!(CStr::from_ptr(errmsg).to_str().unwrap(), "a\u{fffd}b");
            ffi::sqlite3_free(errmsg.cast());
        }
    }
}
