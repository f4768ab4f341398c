//! Ids are compared byte for byte, whatever the host's columns say.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{backfill_facilitator_markers, sql};

use crate::CLOCK;
use crate::host::{self, add_facilitator, add_reward_address, add_user, markers};

/// A marker whose user's id differs from another one in case only, in a column that takes both for the same.
fn database() -> Connection {
    let conn = host::in_memory_with(&host::schema_with(
        "user_id             TEXT NOT NULL",
        "user_id TEXT NOT NULL COLLATE NOCASE",
    ));
    for id in ["Ada", "aDA"] {
        add_user(&conn, id);
        add_facilitator(&conn, id, "2026-01-21");
    }
    add_reward_address(&conn, "m1", "Ada", "facilitator", "legacy");
    conn
}

#[test]
fn the_marker_of_a_user_of_other_case_is_not_the_users() {
    let by_the_library = database();
    backfill_facilitator_markers(&by_the_library).unwrap();
    let expected = markers(&by_the_library);
    assert_eq!(expected.len(), 2);

    let conn = database();
    assert_eq!(conn.execute(sql::LAST_PAGE, [CLOCK, ""]).unwrap(), 1);
    assert_eq!(markers(&conn), expected);

    let conn = database();
    let outcome: String = conn.query_row(sql::OUTCOME, ["aDA"], |row| row.get(0)).unwrap();
    assert_eq!(outcome, "due");
    assert_eq!(conn.execute(sql::ENSURE, ["aDA", CLOCK]).unwrap(), 1);
    assert_eq!(markers(&conn), expected);
}
