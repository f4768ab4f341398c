//! Why a function, or loading the extension, failed: what the host is told.

use std::ffi::c_int;

use rusqlite::ffi;

/// SQLite's extended code, and a sentence that says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: c_int,
    pub(crate) message: String,
}

impl Failure {
    /// The extension can't be used in this host.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Failure {
            code: ffi::SQLITE_ERROR,
            message: format!("facilitator_markers can't be loaded: {}", message.into()),
        }
    }

    /// The function was called with something that it doesn't take.
    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Failure { code: ffi::SQLITE_MISUSE, message: message.into() }
    }
}

impl From<marker_core::Error> for Failure {
    fn from(error: marker_core::Error) -> Self {
        Failure { code: error.code(), message: error.to_string() }
    }
}
