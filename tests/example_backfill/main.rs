//! The examples, run as an operator runs them.

mod backfill;
mod enroll;
mod explain;
mod failures;
#[path = "../host/mod.rs"]
mod host;
#[cfg(target_os = "linux")]
mod interruption;
mod json;
mod program;
#[cfg(unix)]
mod read_only;
mod sample;
mod server;
#[cfg(unix)]
mod terminal;
mod usage;
