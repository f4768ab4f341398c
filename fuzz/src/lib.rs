//! What the fuzzer checks. The checks are those of `tests/fuzz`, which `cargo test` runs without libFuzzer.

#[path = "../../tests/abi/mod.rs"]
mod abi;
#[path = "../../tests/agreement/mod.rs"]
mod agreement;
#[path = "../../tests/host/mod.rs"]
mod host;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../../tests/model/mod.rs"]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../../tests/plan/mod.rs"]
mod plan;

#[path = "../../tests/fuzz/databases/mod.rs"]
pub mod databases;
#[path = "../../tests/fuzz/dates.rs"]
pub mod dates;
#[path = "../../tests/fuzz/ids.rs"]
pub mod ids;
#[path = "../../tests/fuzz/images.rs"]
pub mod images;
