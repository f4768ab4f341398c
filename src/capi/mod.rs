//! The C ABI: `include/facilitator_markers.h`, which cbindgen makes from these files.
//!
//! Thin on purpose. Each function goes through [`gate`], which turns what can go wrong into a result code and
//! a message; between the gate and the core there is only the translation of arguments and results.

#[cfg(feature = "bundled")]
compile_error!(
    "the C library never carries a SQLite of its own: two copies in one process lose each other's file locks, and a \
     connection of one passed to the other crashes; build with `capi` and without `bundled`"
);

mod arguments;
mod audit;
mod backfill;
mod callback;
mod change;
mod due;
mod enrollment;
mod failure;
mod finding;
mod gate;
mod in_steps;
mod marker;
mod out;
mod repair;
mod report;
mod skipped;
mod told;
mod version;
