//! Facilitator markers as a SQLite extension, for hosts that carry their own SQLite.
//!
//! Every call to SQLite goes through the function table that the host hands over when it loads the extension:
//! [`entry`] receives it, [`routines`] checks it, and [`engine`] whose connection it is. [`functions`] and [`tables`], which are table-valued functions, are what the
//! host gets in return; each goes through the one [`gate`], and does its work by the core library.

mod advice;
mod answer;
mod argument;
mod engine;
mod entry;
mod failure;
mod functions;
mod gate;
mod message;
mod routines;
mod tables;
