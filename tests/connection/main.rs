//! What the library does to the connection that it is lent, and what it leaves alone.

mod failure;
#[path = "../host/mod.rs"]
mod host;
mod interrupted;
mod lent;
mod nothing;
mod others;
mod transaction;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_skipped_owner, preview_facilitator_markers,
};

use host::{add_facilitator, add_owner, add_user};

const DAY: &str = "2026-01-21 10:00:00";

fn count(conn: &Connection, table: &str) -> i64 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Every call that could write, by name. Each finds Ada unenrolled.
type Call = fn(&Connection) -> Result<(), Error>;

const WRITING_CALLS: [(&str, Call); 4] = [
    ("create", |conn| create_facilitator_marker(conn, "Ada", DAY).map(drop)),
    ("ensure", |conn| ensure_facilitator_marker(conn, "Ada").map(drop)),
    ("backfill", |conn| backfill_facilitator_markers(conn).map(drop)),
    ("steps", |conn| {
        let mut backfill = Backfill::new(conn)?;
        while backfill.step(1)? == StepResult::More {}
        Ok(())
    }),
];

/// Every call that finds nothing to write once Ada is enrolled.
fn calls_with_nothing_to_write(conn: &Connection) {
    assert_eq!(create_facilitator_marker(conn, "Ada", DAY).unwrap().name(), "already_enrolled");
    assert_eq!(create_facilitator_marker(conn, "nobody", DAY).unwrap().name(), "unknown_user");
    for (user_id, outcome) in [
        ("Ada", "already_enrolled"),
        ("nobody", "unknown_user"),
        ("Wallet", "not_an_owner"),
        ("Undated", "unreadable_date"),
        ("PAIR", "ambiguous_user"),
    ] {
        assert_eq!(ensure_facilitator_marker(conn, user_id).unwrap().name(), outcome);
    }
    assert_eq!(backfill_facilitator_markers(conn).unwrap().created, 0);
    assert_eq!(preview_facilitator_markers(conn).unwrap().report.created, 0);
    for_each_skipped_owner(conn, |_| {}).unwrap();
    let mut backfill = Backfill::new(conn).unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
}

fn add_every_kind_of_owner(conn: &Connection) {
    add_owner(conn, "Ada", DAY);
    add_user(conn, "Wallet");
    add_owner(conn, "Undated", "soon");
    add_user(conn, "Pair");
    add_user(conn, "pAIR");
    add_facilitator(conn, "pair", DAY);
    add_facilitator(conn, "gone", DAY);
}
