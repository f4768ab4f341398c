//! What is said of markers that are wrong, and of those that a repair changed.

use facilitator_markers::rusqlite::{Connection, params};
use facilitator_markers::{audit_facilitator_markers, repair_facilitator_markers};

use crate::host::{add_facilitator, add_owner, add_user, in_memory};

const FIRST_DAY: &str = "2025-06-01 10:00:00";

fn add_marker(conn: &Connection, user_id: &str, address: &str, status: &str, created_at: &str) {
    let id = format!(
        "m{}",
        conn.query_row("SELECT count(*) FROM reward_addresses", [], |row| row.get::<_, u32>(0)).unwrap()
    );
    let sql =
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
               VALUES (?1, ?2, 'facilitator', ?3, ?4, ?5)";
    conn.execute(sql, params![id, user_id, address, status, created_at]).unwrap();
}

/// A host with a marker of each kind of wrongness.
fn host() -> Connection {
    let conn = in_memory();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for id in ["Late", "Iso", "Twice", "Early", "Unread"] {
        add_owner(&conn, id, FIRST_DAY);
    }
    ["Lost", "Nothing"].into_iter().for_each(|id| add_user(&conn, id));
    add_facilitator(&conn, "unread", "soon");
    let add = |user_id: &str, status, created_at| {
        add_marker(&conn, user_id, &format!("FACILITATOR_OWNER:{user_id}"), status, created_at);
    };
    add("Late", "pending", "2026-01-22 09:00:00");
    add("Iso", "verified", "2025-06-01T09:00:00Z");
    add("Twice", "verified", FIRST_DAY);
    add_marker(&conn, "Twice", "legacy", "verified", FIRST_DAY);
    add("Early", "verified", "2024-01-01 00:00:00");
    add("LOST", "verified", FIRST_DAY);
    add("Gone", "verified", FIRST_DAY);
    add("Nothing", "verified", "soon");
    add("Unread", "pending", FIRST_DAY);
    conn
}

pub fn findings() -> Vec<String> {
    let mut lines = Vec::new();
    audit_facilitator_markers(&host(), |finding| lines.push(format!("{}: {finding}", finding.name())))
        .unwrap();
    lines.sort();
    lines
}

pub fn costs() -> Vec<String> {
    let conn = host();
    let mut lines = Vec::new();
    for (id, amount) in [("1", "1000000"), ("2", "5"), ("3", "a lot"), ("4", "-1")] {
        conn.execute(
            "INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status)
             SELECT ?1, id, 'settle', 'base', 'a', 'b', ?2, 'USDC', 'success' FROM facilitators
             WHERE owner_address = 'late'",
            [id, amount],
        )
        .unwrap();
        audit_facilitator_markers(&conn, |finding| {
            if finding.name() == "dated_late" {
                lines.push(finding.cost(&conn).unwrap().unwrap().to_string());
            }
        })
        .unwrap();
    }
    lines
}

pub fn changes() -> Vec<String> {
    let conn = host();
    conn.execute("UPDATE reward_addresses SET verified_at = '2026-02-01 00:00:00'", []).unwrap();
    let mut lines = Vec::new();
    repair_facilitator_markers(&conn, |change| {
        lines.push(change.to_string());
        lines.push(format!("to undo it: {}", change.undo));
    })
    .unwrap();
    lines.sort();
    lines
}
