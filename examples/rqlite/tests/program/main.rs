//! The command, run as an operator runs it, on nodes that these tests play.

mod enroll;
mod failures;
#[path = "../../../../tests/host/mod.rs"]
mod host;
#[cfg(target_os = "linux")]
mod interruption;
mod json;
mod node;
mod run;
mod text;
mod usage;
