//! The SQL edition: its text, the dates that it reads, and what it does where it can't do as the library does.

#[path = "../host/mod.rs"]
mod host;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../model/mod.rs"]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
#[path = "../plan/mod.rs"]
mod plan;

mod collation;
mod dates;
mod elsewhere;
mod findings;
mod page;
mod refused;
mod settled;
mod text;
mod triggers;

use facilitator_markers::sql;

/// Each statement with the name of its file.
const STATEMENTS: [(&str, &str); 9] = [
    ("ensure", sql::ENSURE),
    ("outcome", sql::OUTCOME),
    ("due", sql::DUE),
    ("skipped", sql::SKIPPED),
    ("report", sql::REPORT),
    ("page", sql::PAGE),
    ("last_page", sql::LAST_PAGE),
    ("whole", sql::WHOLE),
    ("audit", sql::AUDIT),
];

const CLOCK: &str = "2026-11-27 12:00:00";
