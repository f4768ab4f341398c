//! Work in short steps, between which others can write.

pub(crate) mod blocking;
pub(crate) mod budget;
pub(crate) mod pace;
pub(crate) mod result;
pub(crate) mod run;
