//! Markers that are wrong: what an audit tells, and what a repair mends.

#[path = "../host/mod.rs"]
mod host;

mod findings;
mod interrupts;
mod kill;
mod meanwhile;
mod repairs;

use facilitator_markers::rusqlite::{Connection, ToSql, params};
use facilitator_markers::{Change, Finding, audit_facilitator_markers, repair_facilitator_markers};

const FIRST_DAY: &str = "2025-06-01 10:00:00";
const LATER: &str = "2026-01-22 09:00:00";

/// A marker of the host's own making.
fn add_marker(conn: &Connection, id: &str, user_id: &str, created_at: impl ToSql) {
    add_row(conn, id, user_id, &format!("FACILITATOR_OWNER:{user_id}"), "verified", created_at);
}

fn add_row(
    conn: &Connection,
    id: &str,
    user_id: &str,
    address: &str,
    verification_status: &str,
    created_at: impl ToSql,
) {
    let verified_at = (verification_status == "verified").then_some(LATER);
    conn.execute(
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
         VALUES (?1, ?2, 'facilitator', ?3, ?4, ?5, ?6)",
        params![id, user_id, address, verification_status, verified_at, created_at],
    )
    .unwrap();
}

/// What an audit tells, each finding as the marker's id and its name, sorted.
fn audited(conn: &Connection) -> Vec<String> {
    let mut found = Vec::new();
    audit_facilitator_markers(conn, |finding| found.push(named(&finding))).unwrap();
    found.sort();
    found
}

fn named(finding: &Finding) -> String {
    format!("{}: {}", finding.marker.id, finding.name())
}

fn repaired(conn: &Connection) -> Vec<Change> {
    let mut changes = Vec::new();
    repair_facilitator_markers(conn, |change| changes.push(change)).unwrap();
    changes.sort_by(|one, other| one.marker_id.cmp(&other.marker_id));
    changes
}

/// A host with one marker of each kind of wrongness, and one that is right.
fn host_with_all() -> Connection {
    let conn = host::in_memory();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for id in ["Right", "Late", "Iso", "Pending", "Twice", "Early"] {
        host::add_owner(&conn, id, FIRST_DAY);
    }
    host::add_user(&conn, "Nothing");
    host::add_user(&conn, "Lost");
    add_marker(&conn, "1", "Right", FIRST_DAY);
    add_marker(&conn, "2", "Late", LATER);
    add_marker(&conn, "3", "Iso", "2025-06-01T12:00:00Z");
    add_row(&conn, "4", "Pending", "FACILITATOR_OWNER:Pending", "pending", FIRST_DAY);
    add_marker(&conn, "5", "Twice", FIRST_DAY);
    add_row(&conn, "6", "Twice", "legacy", "verified", FIRST_DAY);
    add_marker(&conn, "7", "LOST", FIRST_DAY);
    add_marker(&conn, "8", "Nothing", FIRST_DAY);
    add_marker(&conn, "9", "Early", "2024-01-01 00:00:00");
    host::add_reward_address(&conn, "0", "Right", "evm", "0x1");
    conn
}
