//! Interrupts and callbacks at every moment: whatever a host's callbacks and settings do, a call either fails and
//! says so, or its outcome is right; and once they are gone, everything is as if nothing had been.
//!
//! `HARNESS_SECONDS=60 cargo test --release --test callbacks` goes on for about a minute.

#[cfg(feature = "capi")]
#[path = "../abi/mod.rs"]
mod abi;
#[path = "../host/mod.rs"]
mod host;

mod answer;
mod authorizers;
mod call;
mod callbacks;
mod case;
mod database;
mod done;
mod expected;
mod fault;
mod function;
mod functions;
mod harness;
mod hooks;
#[cfg(feature = "capi")]
mod in_c;
mod interrupts;
mod law;
mod limits;
mod reentry;
mod run;
mod setting;
mod switches;
mod task;
#[cfg(feature = "capi")]
mod task_in_c;
mod tellings;
mod watch;
mod wrong;
