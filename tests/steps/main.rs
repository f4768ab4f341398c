//! The backfill in steps: whatever happens between two steps or to one of them, no marker is wrong and none
//! is lost.

#[path = "../host/mod.rs"]
mod host;

mod changes;
mod faults;
mod kill;
mod sizes;

use std::collections::BTreeMap;

use facilitator_markers::rusqlite::Connection;

/// The markers that the owners in the database should have, by user id, looked up the slow way. All dates are
/// in the host's own form.
fn right_markers(conn: &Connection) -> BTreeMap<String, String> {
    let users = texts(conn, "SELECT id, '' FROM main.\"user\"");
    let facilitators = texts(conn, "SELECT owner_address, created_at FROM main.facilitators");
    let fold = |id: &str| id.to_ascii_lowercase();
    let mut right = BTreeMap::new();
    for (id, _) in &users {
        let own = || facilitators.iter().filter(|(address, _)| *address == *id || *address == fold(id));
        let namesakes = users.iter().filter(|(other, _)| fold(other) == fold(id)).count();
        let ambiguous = namesakes > 1 && own().any(|(address, _)| *address == fold(id));
        if let (Some(date), false) = (own().map(|(_, date)| date).min(), ambiguous) {
            right.insert(id.clone(), date.clone());
        }
    }
    right
}

fn texts(conn: &Connection, sql: &str) -> Vec<(String, String)> {
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn markers(conn: &Connection) -> BTreeMap<String, String> {
    host::markers(conn).into_iter().collect()
}
