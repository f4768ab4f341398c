//! The C library: its header, its symbols, the C programs that misuse it, and the examples that use it.
//!
//! What these need beside Rust is a C compiler, the system's SQLite, and here and there valgrind or Node. A
//! test that lacks one says so and passes; where CI is true, it fails.

mod build;
mod copies;
mod examples;
mod harnesses;
mod header;
mod installed;
mod library;
mod programs;
mod too_old;
