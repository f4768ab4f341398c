//! The C library: its header, its symbols, the C programs that misuse it, and the examples that use it.

mod header;
