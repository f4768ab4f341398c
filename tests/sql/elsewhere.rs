//! What may come from another database than the one that is written to: a replica, or a backup.

use facilitator_markers::rusqlite::{Connection, params};
use facilitator_markers::{backfill_facilitator_markers, sql};

use crate::CLOCK;
use crate::host::{self, add_facilitator, add_owner, add_reward_address, add_user, markers};

const OWNERS: [&str; 5] = ["Ab", "Cd", "Ef", "Gh", "Ij"];

fn database() -> Connection {
    let conn = host::in_memory_with(host::SCHEMA);
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for id in OWNERS {
        add_owner(&conn, id, "2026-02-01");
    }
    conn
}

/// A user goes, an older facilitator and a user with a similar id come, a facilitator changes hands, a marker is written.
fn changed_meanwhile(conn: &Connection) {
    conn.execute_batch("DELETE FROM \"user\" WHERE id = 'Ab'").unwrap();
    add_facilitator(conn, "cd", "2025-01-01");
    add_user(conn, "eF");
    conn.execute_batch("UPDATE facilitators SET owner_address = 'someone' WHERE owner_address = 'gh'")
        .unwrap();
    add_reward_address(conn, "m1", "Ij", "facilitator", "legacy");
}

fn due(conn: &Connection) -> Vec<(String, String)> {
    let mut statement = conn.prepare(sql::DUE).unwrap();
    let due = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    due.collect::<Result<_, _>>().unwrap()
}

fn right() -> Vec<(String, String)> {
    let conn = database();
    changed_meanwhile(&conn);
    backfill_facilitator_markers(&conn).unwrap();
    markers(&conn)
}

#[test]
fn pages_whose_bounds_are_of_an_older_copy_write_what_is_right_now() {
    let copy = due(&database());
    let conn = database();
    changed_meanwhile(&conn);
    conn.execute(sql::PAGE, [CLOCK, "", &copy[2].0]).unwrap();
    conn.execute(sql::LAST_PAGE, [CLOCK, &copy[2].0]).unwrap();
    assert_eq!(markers(&conn), right());
    assert_eq!(due(&conn), []);
}

/// What not to do, as a warning to whoever thinks of it.
#[test]
fn dates_of_an_older_copy_make_wrong_markers() {
    let plan = due(&database());
    let conn = database();
    changed_meanwhile(&conn);
    for (user_id, date) in &plan {
        let marker = format!("FACILITATOR_OWNER:{user_id}");
        let sql = "INSERT INTO main.reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
                   VALUES (?1, ?2, 'facilitator', ?1, 'verified', ?3, ?4) ON CONFLICT DO NOTHING";
        conn.execute(sql, params![marker, user_id, CLOCK, date]).unwrap();
    }
    let written = markers(&conn);
    let right = right();
    let wrong: Vec<_> =
        written.iter().filter(|marker| !right.contains(marker)).map(|(user_id, _)| &**user_id).collect();
    // Without a user, dated late, of two users, without a facilitator, and a second one.
    assert_eq!(wrong, ["Ab", "Cd", "Ef", "Gh", "Ij"]);
}
