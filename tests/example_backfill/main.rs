//! The examples, run as an operator runs them.

mod enroll;
mod failures;
#[path = "../host/mod.rs"]
mod host;
mod program;
mod sample;
mod server;
mod usage;
