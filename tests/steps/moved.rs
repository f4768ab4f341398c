//! Rows that are moved while they are read page by page: a VACUUM numbers them anew, a host copies a table, or empties and
//! fills it.

use std::collections::BTreeSet;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, StepResult, for_each_due_owner};

use crate::host::{File, add_facilitator, add_owner, schema_with};
use crate::{markers, right_markers};

const OWNERS: usize = 96;

const COPY: &str = "BEGIN;
    CREATE TABLE copy AS SELECT * FROM facilitators ORDER BY id;
    DROP TABLE facilitators;
    ALTER TABLE copy RENAME TO facilitators;
    COMMIT";
/// The first and the last row change places, and all others stay where they are.
const EXCHANGE: &str = "BEGIN;
    CREATE TABLE copy(id TEXT, owner_address TEXT, created_at TEXT);
    INSERT INTO copy(rowid, id, owner_address, created_at)
    SELECT CASE one.rowid WHEN ends.first THEN ends.last WHEN ends.last THEN ends.first ELSE one.rowid END,
           one.id, one.owner_address, one.created_at
    FROM facilitators AS one, (SELECT min(rowid) AS first, max(rowid) AS last FROM facilitators) AS ends;
    DROP TABLE facilitators;
    ALTER TABLE copy RENAME TO facilitators;
    COMMIT";
/// In the reverse order, in which none comes back to its place: a row at which a page ended, and which does, is not missed.
const REFILL: &str = "BEGIN;
    CREATE TEMP TABLE kept AS SELECT * FROM facilitators ORDER BY rowid DESC;
    DELETE FROM facilitators;
    INSERT INTO facilitators SELECT * FROM kept;
    DROP TABLE kept;
    COMMIT";
const USERS_REFILLED: &str = "BEGIN;
    CREATE TEMP TABLE kept AS SELECT * FROM \"user\" ORDER BY id DESC;
    DELETE FROM \"user\";
    INSERT INTO \"user\" SELECT * FROM kept;
    DROP TABLE kept;
    COMMIT";
/// Each moves rows from behind a scan to before it.
const MOVES: [(&str, &str); 5] = [
    ("a VACUUM", "VACUUM"),
    ("a copy", COPY),
    ("an exchange", EXCHANGE),
    ("a refill", REFILL),
    ("a refill of users", USERS_REFILLED),
];

/// Every second facilitator is gone, so that a VACUUM moves those that are left.
fn host() -> File {
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    for number in 0..OWNERS {
        add_facilitator(&conn, "nobody", "2026-01-21 00:00:00");
        add_owner(&conn, &format!("User{number}"), "2026-01-21 00:00:00");
    }
    conn.execute_batch("DELETE FROM facilitators WHERE owner_address = 'nobody'; COMMIT").unwrap();
    file
}

/// Owners with ids so long that few are read at once, in a collation of which the library knows nothing: users are
/// read in the order in which they are stored.
fn host_with_long_ids() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.create_collation("host", |one, other| one.cmp(other)).unwrap();
    // Otherwise the markers go with the users.
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    conn.execute_batch(&schema_with("PRIMARY KEY NOT NULL", "PRIMARY KEY NOT NULL COLLATE host")).unwrap();
    let long = "x".repeat(60_000);
    for number in 0..OWNERS {
        add_owner(&conn, &format!("User{number}{long}"), "2026-01-21 00:00:00");
    }
    conn
}

#[test]
fn all_owners_are_enrolled_although_another_connection_moves_rows_between_two_steps() {
    let template = host();
    for (what, sql) in MOVES {
        // Beyond the readings, nothing is read page by page.
        for step_of_move in 0..3 * OWNERS / 32 + 3 {
            let file = File::new();
            std::fs::copy(template.path(), file.path()).unwrap();
            let conn = file.connect();
            let mut backfill = Backfill::new(&conn).unwrap();
            let mut steps = 0;
            let mut result = StepResult::More;
            while result == StepResult::More {
                if steps == step_of_move {
                    let other = file.connect();
                    other.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
                    other.execute_batch(sql).unwrap();
                }
                let in_readings = steps <= step_of_move;
                result = backfill.step(if in_readings { 2 } else { 500 }).unwrap();
                steps += 1;
            }
            assert_eq!(markers(&conn), right_markers(&conn), "{what} before step {step_of_move}");
            let report = backfill.report();
            assert_eq!((report.owners, report.created), (OWNERS as u64, OWNERS as u64), "{what}");
        }
    }
}

#[test]
fn users_that_are_read_as_they_are_stored_are_read_again_too() {
    let conn = host_with_long_ids();
    let mut backfill = Backfill::new(&conn).unwrap();
    let mut moved = 0;
    while backfill.step(8).unwrap() == StepResult::More {
        if backfill.report().created > 20 * (1 + moved) {
            moved += 1;
            conn.execute_batch(USERS_REFILLED).unwrap();
        }
    }
    assert!(moved > 2);
    let report = backfill.report();
    assert_eq!((report.owners, report.created, report.already_enrolled), (OWNERS as u64, OWNERS as u64, 0));
    assert_eq!(markers(&conn), right_markers(&conn));
}

#[test]
fn who_still_waits_for_a_visit_when_users_are_read_again_is_visited_once() {
    let conn = host_with_long_ids();
    // Where the database rolls back, the step visits the owners up to this one, and the others wait.
    conn.execute_batch(
        "CREATE TRIGGER nobody BEFORE INSERT ON reward_addresses WHEN new.user_id LIKE 'User3x%'
         BEGIN SELECT raise(ROLLBACK, 'not this one'); END",
    )
    .unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    let mut are_moved = false;
    loop {
        let result = backfill.step(8);
        let report = backfill.report();
        if report.refused == 1 && !are_moved {
            assert!(report.owners % 8 != 0, "{report:?}: others wait");
            // In the order that they had, so that those who wait come first.
            conn.execute_batch("UPDATE \"user\" SET rowid = rowid + 1000").unwrap();
            are_moved = true;
        }
        if !matches!(result, Ok(StepResult::More)) {
            break;
        }
    }
    let report = backfill.report();
    let counts = (report.owners, report.created, report.already_enrolled, report.refused);
    assert_eq!(counts, (OWNERS as u64, OWNERS as u64 - 1, 0, 1));
}

#[test]
fn who_is_told_of_owners_may_move_rows() {
    for (what, sql) in [("a refill", REFILL), ("a refill of users", USERS_REFILLED)] {
        let conn = host_with_long_ids();
        let (mut told, mut times) = (BTreeSet::new(), 0);
        for_each_due_owner(&conn, |owner| {
            if times % 30 == 0 {
                conn.execute_batch(sql).unwrap();
            }
            times += 1;
            told.insert(owner.user_id);
        })
        .unwrap();
        assert_eq!((told.len(), times), (OWNERS, OWNERS), "{what}");
    }
}
