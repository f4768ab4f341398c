//! The gate that every call of the host goes through: no panic leaves the extension.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::ffi;

use crate::failure::Failure;

/// Does `work`; a panic becomes a failure. What was begun in SQLite is undone while the panic unwinds.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = format!(
            "facilitator_markers has a bug ({}): nothing of this call is kept; please report it",
            text_of(panic.as_ref())
        );
        Err(Failure { code: ffi::SQLITE_INTERNAL, message })
    })
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without a message",
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn a_panic_becomes_a_failure_with_its_text() {
        let panics: [(fn(), &str); 3] = [
            (|| panic!("plain"), "plain"),
            (|| panic!("number {}", 7), "number 7"),
            (|| panic_any(7), "without a message"),
        ];
        for (panic, text) in panics {
            let failure = guarded(|| {
                panic();
                Ok(())
            })
            .unwrap_err();
            assert_eq!(failure.code, ffi::SQLITE_INTERNAL);
            assert!(failure.message.contains(text), "{}", failure.message);
        }
    }
}
