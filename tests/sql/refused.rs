//! Where the SQL edition can't do as the library does: a marker that the database doesn't take. The library undoes that one row
//! and names it; a statement leaves it out, or fails.

use facilitator_markers::rusqlite::{Connection, ErrorCode};
use facilitator_markers::sql;

use crate::CLOCK;
use crate::host::{self, add_owner, add_reward_address, add_user, markers};

fn outcome(conn: &Connection, user_id: &str) -> String {
    conn.query_row(sql::OUTCOME, [user_id], |row| row.get(0)).unwrap()
}

fn three_owners(schema: &str) -> Connection {
    let conn = host::in_memory_with(schema);
    for id in ["Ada", "Bob", "Cid"] {
        add_owner(&conn, id, "2026-01-21");
    }
    conn
}

fn enrolled(conn: &Connection) -> Vec<String> {
    markers(conn).into_iter().map(|(user_id, _)| user_id).collect()
}

#[test]
fn a_row_in_a_markers_place_leaves_out_that_owner_alone() {
    let conn = three_owners(host::SCHEMA);
    add_user(&conn, "Dot");
    add_reward_address(&conn, "FACILITATOR_OWNER:Bob", "Dot", "evm", "0x1");
    add_reward_address(&conn, "w1", "Cid", "evm", "FACILITATOR_OWNER:Cid");
    assert_eq!(conn.execute(sql::PAGE, [CLOCK, "", "Dot"]).unwrap(), 1);
    assert_eq!(enrolled(&conn), ["Ada"]);
    for id in ["Bob", "Cid"] {
        assert_eq!(conn.execute(sql::ENSURE, [id, CLOCK]).unwrap(), 0);
        assert_eq!(outcome(&conn, id), "refused");
    }
    let mut skipped = conn.prepare(sql::SKIPPED).unwrap();
    let skipped = skipped.query_map([], |row| Ok((row.get(0)?, row.get(2)?))).unwrap();
    let skipped: Vec<(String, String)> = skipped.collect::<Result<_, _>>().unwrap();
    assert_eq!(skipped, [("refused".into(), "Bob".into()), ("refused".into(), "Cid".into())]);
}

#[test]
fn a_check_fails_the_page_of_the_owner_whom_it_turns_away_and_nothing_of_it_is_kept() {
    let conn = three_owners(&host::schema_with(
        "UNIQUE (user_id, address)",
        "UNIQUE (user_id, address), CHECK (user_id <> 'Bob')",
    ));
    let error = conn.execute(sql::LAST_PAGE, [CLOCK, ""]).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
    assert!(enrolled(&conn).is_empty());

    // Halved, the pages without that owner are written.
    assert_eq!(conn.execute(sql::PAGE, [CLOCK, "", "Bob"]).unwrap(), 1);
    assert!(conn.execute(sql::PAGE, [CLOCK, "Bob", "Cid"]).is_err());
    assert_eq!(conn.execute(sql::LAST_PAGE, [CLOCK, "Cid"]).unwrap(), 1);
    assert_eq!(enrolled(&conn), ["Ada", "Cid"]);
    assert!(conn.execute(sql::ENSURE, ["Bob", CLOCK]).is_err());
    assert_eq!(outcome(&conn, "Bob"), "due");
}

#[test]
fn a_trigger_that_makes_a_marker_vanish_leaves_its_owner_due() {
    let conn = three_owners(host::SCHEMA);
    conn.execute_batch(
        "CREATE TRIGGER vanish BEFORE INSERT ON reward_addresses WHEN new.user_id = 'Bob' BEGIN SELECT RAISE(IGNORE); END",
    )
    .unwrap();
    assert_eq!(conn.execute(sql::LAST_PAGE, [CLOCK, ""]).unwrap(), 2);
    assert_eq!(enrolled(&conn), ["Ada", "Cid"]);
    assert_eq!(conn.execute(sql::ENSURE, ["Bob", CLOCK]).unwrap(), 0);
    assert_eq!(outcome(&conn, "Bob"), "due");
}

#[test]
fn a_unique_constraint_that_only_the_host_knows_leaves_out_that_owner_alone() {
    let conn = three_owners(&host::schema_with(
        "UNIQUE (user_id, address)",
        "UNIQUE (user_id, address), UNIQUE (address)",
    ));
    add_user(&conn, "Dot");
    add_reward_address(&conn, "w1", "Dot", "evm", "FACILITATOR_OWNER:Bob");
    assert_eq!(conn.execute(sql::LAST_PAGE, [CLOCK, ""]).unwrap(), 2);
    assert_eq!(enrolled(&conn), ["Ada", "Cid"]);
    assert_eq!(outcome(&conn, "Bob"), "due");
}

#[test]
fn a_constraint_that_is_missing_fails_the_statement() {
    let conn = three_owners(&host::schema_with(",\n    UNIQUE (user_id, address)", ""));
    for statement in [sql::ENSURE, sql::LAST_PAGE] {
        assert!(conn.execute(statement, [CLOCK, "Ada"]).is_err());
    }
    assert!(conn.execute(sql::WHOLE, [CLOCK]).is_err());
    assert!(enrolled(&conn).is_empty());
}

#[test]
fn replace_clauses_of_the_host_replace_nothing() {
    let schema =
        host::schema_with("UNIQUE (user_id, address)", "UNIQUE (user_id, address) ON CONFLICT REPLACE");
    let conn = three_owners(&schema);
    add_reward_address(&conn, "w1", "Cid", "evm", "FACILITATOR_OWNER:Cid");
    let before = host::reward_addresses(&conn);
    assert_eq!(conn.execute(sql::WHOLE, [CLOCK]).unwrap(), 2);
    assert!(before.iter().all(|row| host::reward_addresses(&conn).contains(row)));
}
