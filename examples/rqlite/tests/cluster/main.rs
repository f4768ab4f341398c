//! A real cluster of rqlite, whose program RQLITED names.

mod backup;
mod cluster;
mod figures;
#[path = "../../../../tests/host/mod.rs"]
mod host;
mod killed_leader;
mod proxy;
mod server;
mod turn;
