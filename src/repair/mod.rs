//! The repair: markers that are wrong are mended as far as nobody has to guess.
//!
//! - [`round`] goes through the suspects of an [audit](crate::audit), page by page, and [`steps`] and [`call`] drive it.
//! - [`write`](mod@write) is one step's transaction: the rows are looked up before the lock, unless what was read is still
//!   fresh, and each is changed by [`update`] in one statement that names its old values.
//! - [`change`] is what is told of each of them, with the statement that undoes it.

mod call;
mod change;
mod progress;
mod round;
mod steps;
mod update;
mod write;

pub use self::call::{repair_facilitator_markers, try_repair_facilitator_markers};
pub use self::change::{Change, Replaced};
pub use self::progress::RepairProgress;
pub use self::round::RepairRound;
pub use self::steps::Repair;
