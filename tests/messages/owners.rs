//! What is said of owners: warnings, who is left out and why, who is due, outcomes and markers.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner,
    preview_facilitator_markers,
};

use crate::host::{
    self, add_facilitator, add_owner, add_reward_address, add_user, in_memory, in_memory_with,
};

const DAY: &str = "2026-01-21 10:00:00";

/// A facilitator whose id is known.
fn facilitator(conn: &Connection, id: &str, owner: &str, created_at: &str) {
    let sql = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES (?1, 'n', ?1, ?2, ?3)";
    conn.execute(sql, [id, owner, created_at]).unwrap();
}

/// An owner in whose marker's place another row is.
fn add_refused(conn: &Connection, id: &str) {
    add_owner(conn, id, DAY);
    add_reward_address(conn, &format!("FACILITATOR_OWNER:{id}"), id, "evm", id);
}

pub fn warnings() -> Vec<String> {
    let conn = in_memory();
    let warned = |conn: &Connection| {
        let warnings = preview_facilitator_markers(conn).unwrap().warnings;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    add_refused(&conn, "Ada");
    let mut lines = warned(&conn);
    add_refused(&conn, "Bob");
    lines.extend(warned(&conn));
    let check = "chain_type TEXT NOT NULL CHECK (chain_type IN ('evm', 'solana'))";
    lines.extend(warned(&in_memory_with(&host::schema_with("chain_type          TEXT NOT NULL", check))));
    lines
}

fn skipped_of(conn: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    for_each_skipped_owner(conn, |owner| lines.push(format!("{}: {owner}", owner.reason()))).unwrap();
    lines.sort();
    lines
}

pub fn skipped() -> Vec<String> {
    let conn = in_memory();
    facilitator(&conn, "f0", "gone", DAY);
    ["Ada", "aDA"].into_iter().for_each(|id| add_user(&conn, id));
    add_reward_address(&conn, "r1", "Ada", "facilitator", "0x1");
    // Earlier than the marker begins, so that it isn't settled whom it means.
    facilitator(&conn, "f1", "ada", "2019-01-01");
    ('a'..='d')
        .fold(vec![String::new()], |ids, letter| {
            let both = [letter, letter.to_ascii_uppercase()];
            ids.iter().flat_map(|id| both.map(|letter| format!("{id}{letter}"))).collect()
        })
        .iter()
        .for_each(|id| add_user(&conn, id));
    facilitator(&conn, "f2", "abcd", DAY);
    ["Bob", "Cid"].into_iter().for_each(|id| add_user(&conn, id));
    facilitator(&conn, "f3", "bob", "soon");
    (4..6).for_each(|number| facilitator(&conn, &format!("f{number}"), "cid", "04/05/2026"));
    add_refused(&conn, "Dan");
    let mut lines = skipped_of(&conn);
    let without_ids = host::schema_with("id               TEXT PRIMARY KEY,", "number INTEGER PRIMARY KEY,");
    let conn = in_memory_with(&without_ids);
    add_user(&conn, "Eve");
    let sql = "INSERT INTO facilitators(name, subdomain, owner_address, created_at) VALUES ('n', 's', 'eve', 'soon')";
    conn.execute(sql, []).unwrap();
    lines.extend(skipped_of(&conn));
    lines
}

pub fn due() -> Vec<String> {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    add_owner(&conn, "Bob", "9000-01-01");
    let mut lines = Vec::new();
    for_each_due_owner(&conn, |owner| lines.push(owner.to_string())).unwrap();
    lines.sort();
    lines
}

pub fn outcomes() -> Vec<String> {
    let conn = in_memory();
    ["Ada", "Eve", "Pair", "pAIR"].into_iter().for_each(|id| add_user(&conn, id));
    add_owner(&conn, "Bob", "soon");
    add_facilitator(&conn, "ada", DAY);
    let calls = ["Ada", "Ada", "nobody", "Eve", "PAIR", "Bob"];
    let outcomes = calls.map(|id| ensure_facilitator_marker(&conn, id).unwrap());
    let to_come = create_facilitator_marker(&conn, "Eve", "9000-01-01").unwrap();
    // The clock's reading is another one each time.
    conn.execute("UPDATE reward_addresses SET verified_at = '2026-02-01 00:00:00'", []).unwrap();
    let [enrolled, to_come] = [&outcomes[0], &to_come].map(|outcome| {
        let again = ensure_facilitator_marker(&conn, &outcome.marker().unwrap().user_id).unwrap();
        again.marker().unwrap().to_string()
    });
    outcomes.iter().map(ToString::to_string).chain([enrolled, to_come]).collect()
}
