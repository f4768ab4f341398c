//! Owners of facilitators are enrolled in programs that reach SQLite through an ORM: all of them when the program starts, and each
//! new one in the ORM's transaction that creates the facilitator.
//!
//! ORMs hide the connection that the library would borrow, so that it is called by way of a SQL function.

pub mod backfill;
pub mod facilitator;
pub mod sql_function;
pub mod with_diesel;
pub mod with_sea_orm;
