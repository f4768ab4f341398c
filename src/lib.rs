//! stub

mod backfill;
mod create;
mod date;
mod enrollment;
mod ensure;
mod error;
mod facilitators;
mod marker;
mod obstacle;
mod report;
mod schema;
mod text;
mod transaction;
mod user;
mod value;

pub use backfill::{
    Backfill, Progress, SkippedOwner, StepResult, backfill_facilitator_markers, for_each_skipped_owner,
    preview_facilitator_markers,
};
pub use create::create_facilitator_marker;
pub use enrollment::Enrollment;
pub use ensure::ensure_facilitator_marker;
pub use error::Error;
pub use marker::Marker;
pub use obstacle::{BlockedMarker, Obstacle};
pub use report::BackfillReport;
pub use rusqlite;
pub use schema::Missing;
