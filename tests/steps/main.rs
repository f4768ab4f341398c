//! The backfill in steps: steps of every size, steps beside other writers, a process that is
//! killed.

#[path = "../host/mod.rs"]
mod host;

mod growth;
mod kill;
mod meanwhile;
mod moved;
mod readings;
mod sizes;

use std::collections::BTreeMap;

use facilitator_markers::rusqlite::Connection;

/// The markers that the owners in the database should have, by user id, looked up the slow way. No two ids
/// differ in case only here, and all dates are in the host's own form.
fn right_markers(conn: &Connection) -> BTreeMap<String, String> {
    let users = texts(conn, "SELECT id, '' FROM main.\"user\"");
    let facilitators = texts(conn, "SELECT owner_address, created_at FROM main.facilitators");
    let is_of = |id: &str, address: &str| address == id || address == id.to_ascii_lowercase();
    let date_of = |id: &str| {
        facilitators.iter().filter(|(address, _)| is_of(id, address)).map(|(_, date)| date.clone()).min()
    };
    users.into_iter().filter_map(|(id, _)| date_of(&id).map(|date| (id, date))).collect()
}

fn texts(conn: &Connection, sql: &str) -> Vec<(String, String)> {
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn markers(conn: &Connection) -> BTreeMap<String, String> {
    host::markers(conn).into_iter().collect()
}
