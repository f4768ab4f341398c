//! The loop over a SQLite that fails at chosen calls.

mod changes;
mod engine;
mod ensure;
mod failures;
#[path = "../../../../tests/host/mod.rs"]
mod host;
mod refused;
mod rows;
mod stop;
mod words;
