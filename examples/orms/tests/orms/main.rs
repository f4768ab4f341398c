//! Both ORMs, on databases as hosts have them.

mod backfill;
mod create;
mod documentation;
#[path = "../../../../tests/host/mod.rs"]
mod host;
