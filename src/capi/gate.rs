//! The gate that every C function goes through: no panic gets out, and no failure without code and message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libc::{c_char, c_int};

use super::failure::Failure;
use super::out::{Out, OutPointer};

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
    use std::ffi::CStr;
    use std::ptr;

    use rusqlite::ffi;

    use super::*;

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
