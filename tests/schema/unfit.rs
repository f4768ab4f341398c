//! Tables that take no marker at all.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Error, backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker,
    for_each_skipped_owner, preview_facilitator_markers,
};

use crate::host::{SCHEMA, add_owner, in_memory, in_memory_with, reward_addresses, schema_with};
use crate::{DAY, works};

#[test]
fn an_older_list_of_chain_types_is_quoted_by_preview_and_call() {
    let conn = in_memory_with(&schema_with(", 'stacks', 'facilitator'", ""));
    add_owner(&conn, "Ada", DAY);
    let preview = preview_facilitator_markers(&conn).unwrap();
    assert_eq!(preview.report.created, 1, "only the run tells whether a CHECK is asked");
    assert_eq!(
        preview.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "reward_addresses has CHECK (chain_type IN ('solana', 'evm')), which is older than markers and would refuse \
          them; run the host's migration that lets chain_type be 'facilitator' first"
        ]
    );
    for error in refusing_calls(&conn) {
        assert_eq!(error.code(), 275);
        assert_eq!(
            error.to_string(),
            "1 marker is refused: for user \"Ada\", reward_addresses has CHECK (chain_type IN ('solana', 'evm')), which \
             is older than markers; run the host's migration that lets chain_type be 'facilitator', then run the backfill"
        );
    }
}

/// The errors of `create`, `ensure` and a backfill, which all refuse Ada's marker and leave nothing behind.
fn refusing_calls(conn: &Connection) -> [Error; 3] {
    let before = reward_addresses(conn);
    let errors = [
        create_facilitator_marker(conn, "Ada", DAY).map(drop),
        ensure_facilitator_marker(conn, "Ada").map(drop),
        backfill_facilitator_markers(conn).map(drop),
    ]
    .map(Result::unwrap_err);
    assert!(conn.is_autocommit());
    assert_eq!(reward_addresses(conn), before);
    errors
}

#[test]
fn preview_and_calls_name_what_in_the_schema_takes_no_marker() {
    let renamed_parent = "ALTER TABLE \"user\" RENAME TO user_old;
        CREATE TABLE \"user\"(id TEXT PRIMARY KEY NOT NULL, name TEXT, email TEXT);
        INSERT INTO \"user\" SELECT id, name, email FROM user_old; DROP TABLE user_old;";
    let column =
        "CREATE TABLE parents(id TEXT PRIMARY KEY); ALTER TABLE reward_addresses ADD COLUMN parent TEXT
        REFERENCES parents(id); PRAGMA foreign_keys = OFF; DROP TABLE parents; PRAGMA foreign_keys = ON;";
    let broken_trigger = "CREATE TABLE noted(id TEXT);
        CREATE TRIGGER note AFTER INSERT ON reward_addresses BEGIN INSERT INTO noted VALUES (new.id); END;
        DROP TABLE noted;";
    let parent_without_key = "CREATE TABLE parents(id TEXT);
        ALTER TABLE reward_addresses ADD COLUMN parent TEXT REFERENCES parents(id);";
    let (id, created_at) = ("id                  TEXT PRIMARY KEY", "created_at          TEXT NOT NULL");
    let strict = |schema: String| {
        let (before, table) = schema.split_once("CREATE TABLE reward_addresses").unwrap();
        format!("{before}CREATE TABLE reward_addresses{}", table.replacen("\n);", "\n) STRICT;", 1))
    };
    for (schema, change, code, part) in [
        (SCHEMA.to_owned(), renamed_parent, 1, "leads to table user_old, which isn't there"),
        (SCHEMA.to_owned(), column, 1, "leads to table parents, which isn't there"),
        (
            schema_with("verified_at         TEXT,", "verified_at TEXT, chain_id TEXT NOT NULL,"),
            "",
            1299,
            "column reward_addresses.chain_id is NOT NULL without a default",
        ),
        (
            schema_with(
                "verified_at         TEXT,",
                "verified_at TEXT, chain_id TEXT NOT NULL DEFAULT NULL,",
            ),
            "",
            1299,
            "column reward_addresses.chain_id is NOT NULL without a default",
        ),
        (
            strict(schema_with(created_at, "created_at INTEGER NOT NULL")),
            "",
            3091,
            "column reward_addresses.created_at is declared INTEGER, and markers are text there",
        ),
        (
            schema_with(id, "id INTEGER PRIMARY KEY AUTOINCREMENT"),
            "",
            3091,
            "column reward_addresses.id is declared INTEGER, and markers are text there",
        ),
        (SCHEMA.to_owned(), broken_trigger, 1, "no such table: main.noted"),
        (SCHEMA.to_owned(), parent_without_key, 1, "foreign key mismatch"),
    ] {
        let conn = in_memory_with(&schema);
        conn.execute_batch(change).unwrap();
        add_owner(&conn, "Ada", DAY);
        let preview = preview_facilitator_markers(&conn).unwrap();
        assert_eq!(
            (preview.report.owners, preview.report.created, preview.report.refused),
            (1, 0, 1),
            "{part}"
        );
        let warnings: Vec<_> = preview.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.len() == 1 && warnings[0].contains(part), "{part}: {warnings:?}");
        let mut listed = Vec::new();
        for_each_skipped_owner(&conn, |owner| listed.push((owner.reason(), owner.to_string()))).unwrap();
        assert!(matches!(&listed[..], [("refused", text)] if text.contains(part)), "{part}: {listed:?}");
        for error in refusing_calls(&conn) {
            assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{part}: {error:?}");
            assert_eq!(error.code(), code, "{part}: {error:?}");
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn what_only_looks_unfit_works() {
    let conn = in_memory();
    conn.execute_batch(
        "PRAGMA foreign_keys = OFF;
         ALTER TABLE reward_addresses ADD COLUMN chain_id TEXT NOT NULL DEFAULT '';
         ALTER TABLE reward_addresses ADD COLUMN parent TEXT REFERENCES nowhere(id);
         ALTER TABLE reward_addresses ADD COLUMN label TEXT NOT NULL AS (chain_type || address);",
    )
    .unwrap();
    works(&conn);
    // Of this quirk of SQLite's, the id is no rowid.
    works(&in_memory_with(&schema_with(
        "id                  TEXT PRIMARY KEY",
        "id INTEGER PRIMARY KEY DESC",
    )));
    let keyed_by_a_number =
        schema_with("id                  TEXT PRIMARY KEY", "number INTEGER PRIMARY KEY, id TEXT UNIQUE");
    works(&in_memory_with(&keyed_by_a_number));
}
