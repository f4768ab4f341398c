//! The operator's example for audits and repairs, run as an operator runs it.

#[path = "../../examples/audit/amount.rs"]
mod amount;
mod amounts;
mod audit;
mod database;
mod documentation;
mod failures;
#[path = "../host/mod.rs"]
mod host;
mod json;
#[cfg(target_os = "linux")]
mod kill;
#[allow(dead_code, reason = "some of it is for the tests of the other example")]
#[path = "../example_backfill/program.rs"]
mod program;
mod repair;
mod sample;
mod undo;
mod usage;
