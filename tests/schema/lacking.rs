//! What the schema lacks is named.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Error, Missing, backfill_facilitator_markers, ensure_facilitator_marker};

use crate::host::{SCHEMA, add_owner, in_memory, in_memory_with, schema_with};
use crate::{DAY, every_call_fails, missing, works};

#[test]
fn each_missing_table_is_named() {
    for table in ["user", "facilitators", "reward_addresses"] {
        let conn = in_memory();
        conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE \"{table}\"")).unwrap();
        missing(&conn, &[Missing::Table(table)]);
    }
}

#[test]
fn each_missing_column_is_named() {
    for (table, columns) in [
        ("user", &["id"][..]),
        ("facilitators", &["owner_address", "created_at"]),
        (
            "reward_addresses",
            &["id", "user_id", "chain_type", "address", "verification_status", "verified_at", "created_at"],
        ),
    ] {
        for column in columns {
            let conn = in_memory();
            let rename = format!("ALTER TABLE \"{table}\" RENAME COLUMN {column} TO something_else");
            conn.execute_batch(&rename).unwrap();
            every_call_fails(&conn, |error| match error {
                Error::MissingSchema { missing } => {
                    assert_eq!(missing[0], Missing::Column { table, column });
                    assert!(missing[1..].iter().all(|other| matches!(other, Missing::Unique { .. })));
                }
                other => panic!("{other:?}"),
            });
        }
    }
}

#[test]
fn each_missing_unique_constraint_is_named() {
    for (from, to, table, columns) in [
        ("id            TEXT PRIMARY KEY NOT NULL", "id TEXT NOT NULL", "user", &["id"][..]),
        ("id                  TEXT PRIMARY KEY", "id TEXT", "reward_addresses", &["id"]),
        (
            "    UNIQUE (user_id, address)",
            "    UNIQUE (user_id, address, chain_type)",
            "reward_addresses",
            &["user_id", "address"],
        ),
    ] {
        let conn = in_memory_with(&schema_with(from, to));
        missing(&conn, &[Missing::Unique { table, columns, partial_index: None }]);
        // A unique index that covers a part of the table only is none; one that covers all is as good as a
        // constraint.
        let index = format!(
            "CREATE UNIQUE INDEX part ON \"{table}\"({}) WHERE {} > 'a'",
            columns.join(", "),
            columns[0]
        );
        conn.execute_batch(&index).unwrap();
        let partial_index = Some("part".to_owned());
        missing(&conn, &[Missing::Unique { table, columns, partial_index }]);
        let error = backfill_facilitator_markers(&conn).unwrap_err().to_string();
        assert!(error.contains("(index part doesn't count, because it has a WHERE clause)"), "{error}");
        let index = format!(
            "PRAGMA foreign_keys = OFF; CREATE UNIQUE INDEX whole ON \"{table}\"({})",
            columns.join(", ")
        );
        conn.execute_batch(&index).unwrap();
        works(&conn);
    }
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(
        "CREATE TABLE \"user\"(name TEXT); CREATE TABLE reward_addresses(id TEXT PRIMARY KEY)",
    )
    .unwrap();
    let error = ensure_facilitator_marker(&conn, "Ada").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database lacks column user.id, unique constraint user(id), table facilitators, column \
         reward_addresses.user_id, column reward_addresses.chain_type, column reward_addresses.address, column \
         reward_addresses.verification_status, column reward_addresses.verified_at, column \
         reward_addresses.created_at, unique constraint reward_addresses(user_id, address): run the host's migrations \
         first, or check that this is the host's database"
    );
}

#[test]
fn temporary_tables_do_not_stand_in_for_missing_ones() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&SCHEMA.replace("CREATE TABLE", "CREATE TEMP TABLE")).unwrap();
    missing(
        &conn,
        &[Missing::Table("user"), Missing::Table("facilitators"), Missing::Table("reward_addresses")],
    );
}

#[test]
fn a_view_is_no_table() {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    conn.execute_batch(
        "ALTER TABLE facilitators RENAME TO all_facilitators;
         CREATE VIEW facilitators AS SELECT * FROM all_facilitators;",
    )
    .unwrap();
    missing(&conn, &[Missing::Table("facilitators")]);
}
