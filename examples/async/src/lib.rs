//! A server on tokio and sqlx that enrolls the owners of facilitators: all of them at its start, on a thread beside
//! it, and each new one in the transaction that creates the facilitator.
//!
//! ```sh
//! cargo run --manifest-path examples/async/Cargo.toml -- host.db 127.0.0.1:8080
//! ```

pub mod backfill;
pub mod facilitator;

pub mod server;
pub mod with_rusqlite;
pub mod with_sqlx;
