//! Schemas with which everything works.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker,
};

use crate::host::{
    SCHEMA, add_facilitator, add_owner, add_reward_address, add_user, in_memory, in_memory_with, schema_with,
};
use crate::{DAY, works};

#[test]
fn an_ordinary_schema_works() {
    works(&in_memory());
}

#[test]
fn strict_tables_work() {
    works(&in_memory_with(&SCHEMA.replace("\n);", "\n) STRICT;")));
}

#[test]
fn tables_without_rowid_work() {
    works(&in_memory_with(
        &SCHEMA
            .replace("\n);", "\n) WITHOUT ROWID;")
            .replace("TEXT PRIMARY KEY,", "TEXT PRIMARY KEY NOT NULL,"),
    ));
}

#[test]
fn composite_primary_keys_without_rowid_work() {
    let schema = schema_with(
        "id               TEXT PRIMARY KEY,",
        "id TEXT NOT NULL, part INTEGER NOT NULL DEFAULT 1,",
    )
    .replace(
        "'now'))\n);\nCREATE INDEX idx_facilitators",
        "'now')),\n PRIMARY KEY (part, id)) WITHOUT ROWID;\nCREATE INDEX idx_facilitators",
    );
    assert!(schema.contains("PRIMARY KEY (part, id)"));
    works(&in_memory_with(&schema));
}

#[test]
fn columns_named_like_the_rowid_work() {
    works(&in_memory_with(&schema_with("subdomain        TEXT", "rowid TEXT, oid TEXT, subdomain TEXT")));
    works(&in_memory_with(
        &schema_with("subdomain        TEXT", "rowid TEXT, oid TEXT, _rowid_ TEXT, subdomain TEXT")
            .replace("id               TEXT PRIMARY KEY,", "id TEXT PRIMARY KEY NOT NULL,"),
    ));
}

#[test]
fn further_columns_work() {
    let conn = in_memory();
    conn.execute_batch(
        "ALTER TABLE \"user\" ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
         ALTER TABLE facilitators ADD COLUMN plan TEXT;
         ALTER TABLE reward_addresses ADD COLUMN network TEXT NOT NULL DEFAULT 'base';
         ALTER TABLE reward_addresses ADD COLUMN label TEXT AS (chain_type || address);",
    )
    .unwrap();
    works(&conn);
}

#[test]
fn upper_case_names_work() {
    works(&in_memory_with(&SCHEMA.replace("owner_address", "OWNER_ADDRESS").replace("user_id", "User_Id")));
}

#[test]
fn no_index_on_owner_address_works() {
    works(&in_memory_with(&schema_with(
        "CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);",
        "",
    )));
}

#[test]
fn case_insensitive_columns_work_as_if_they_were_not() {
    let schema = SCHEMA
        .replace("id            TEXT PRIMARY KEY", "id TEXT COLLATE NOCASE PRIMARY KEY")
        .replace("owner_address    TEXT", "owner_address TEXT COLLATE NOCASE")
        .replace("user_id             TEXT", "user_id TEXT COLLATE NOCASE")
        .replace("chain_type          TEXT", "chain_type TEXT COLLATE NOCASE")
        .replace("address             TEXT", "address TEXT COLLATE NOCASE");
    let conn = in_memory_with(&schema);
    add_user(&conn, "Upper");
    add_facilitator(&conn, "UPPER", DAY);
    add_user(&conn, "Shout");
    add_facilitator(&conn, "shout", "soon");
    add_reward_address(&conn, "w", "Shout", "FACILITATOR", "0x1");
    assert_eq!(ensure_facilitator_marker(&conn, "Upper").unwrap().name(), "not_an_owner");
    assert_eq!(create_facilitator_marker(&conn, "uPPER", DAY).unwrap().name(), "unknown_user");
    assert_eq!(ensure_facilitator_marker(&conn, "Shout").unwrap().name(), "unreadable_date");
    let report = backfill_facilitator_markers(&conn).unwrap();
    assert_eq!((report.owners, report.unreadable_date, report.unknown_users), (1, 1, 1));
    conn.execute_batch("DELETE FROM reward_addresses; DELETE FROM facilitators; DELETE FROM \"user\"")
        .unwrap();
    works(&conn);
}

#[test]
fn utf16_databases_work() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let schema = format!("PRAGMA encoding = '{encoding}'; {SCHEMA}");
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&schema).unwrap();
        works(&conn);
        // These two come in one order as UTF-8 and in the other as UTF-16LE.
        for id in ["x\u{ff5e}Y", "x\u{10000}Y", "X\u{ff5e}Y"] {
            add_owner(&conn, id, DAY);
        }
        assert_eq!(ensure_facilitator_marker(&conn, "x\u{ff5e}y").unwrap().name(), "ambiguous_user");
        assert_eq!(ensure_facilitator_marker(&conn, "X\u{10000}y").unwrap().name(), "created");
    }
}

#[test]
fn case_sensitive_like_does_not_matter() {
    let conn = in_memory();
    conn.execute_batch("PRAGMA case_sensitive_like = ON").unwrap();
    works(&conn);
}

#[test]
fn a_lower_of_the_hosts_own_does_not_matter() {
    use facilitator_markers::rusqlite::functions::FunctionFlags;
    // As the ICU extension has it, and on a schema on which the library has to use it.
    let conn = in_memory_with(
        &SCHEMA.replace("id            TEXT PRIMARY KEY", "id TEXT COLLATE NOCASE PRIMARY KEY"),
    );
    conn.create_scalar_function("lower", 1, FunctionFlags::SQLITE_UTF8, |context| {
        Ok(context.get::<String>(0)?.to_lowercase())
    })
    .unwrap();
    add_owner(&conn, "ÄB", DAY);
    assert_eq!(ensure_facilitator_marker(&conn, "äb").unwrap().name(), "unknown_user");
    assert_eq!(ensure_facilitator_marker(&conn, "Äb").unwrap().name(), "created");
}

#[test]
fn ids_of_integer_affinity_are_no_users_unless_they_are_text() {
    let conn = in_memory_with(&SCHEMA.replace("id            TEXT PRIMARY KEY", "id INT PRIMARY KEY"));
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    add_user(&conn, 5);
    add_user(&conn, "Abc");
    add_facilitator(&conn, "5", DAY);
    assert_eq!(ensure_facilitator_marker(&conn, "5").unwrap().name(), "unknown_user");
    assert_eq!(ensure_facilitator_marker(&conn, "abc").unwrap().name(), "not_an_owner");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().unknown_users, 1);
}

#[test]
fn rows_that_nothing_tells_apart_are_all_read() {
    let schema = schema_with("subdomain        TEXT", "rowid TEXT, oid TEXT, _rowid_ TEXT, subdomain TEXT");
    let conn = in_memory_with(&schema);
    for number in 0..40 {
        let id = format!("User{number}");
        add_user(&conn, &id);
        let sql = "INSERT INTO facilitators(name, subdomain, owner_address, created_at)
                   VALUES ('Pay', ?1, lower(?1), '2026-01-21')";
        conn.execute(sql, [&id]).unwrap();
    }
    let mut backfill = facilitator_markers::Backfill::new(&conn).unwrap();
    while backfill.step(1).unwrap() == facilitator_markers::StepResult::More {}
    assert_eq!(backfill.report().created, 40);
}

#[test]
fn temporary_tables_of_the_same_names_are_not_seen() {
    let conn = in_memory();
    conn.execute_batch(
        "CREATE TEMP TABLE \"user\"(id TEXT PRIMARY KEY);
         CREATE TEMP TABLE facilitators(owner_address TEXT, created_at TEXT);
         CREATE TEMP TABLE reward_addresses(note TEXT);
         INSERT INTO temp.\"user\" VALUES ('Shadow');
         INSERT INTO temp.facilitators VALUES ('shadow', '2026-01-21');",
    )
    .unwrap();
    works(&conn);
    let shadows = "SELECT count(*) FROM temp.reward_addresses";
    assert_eq!(conn.query_row(shadows, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}
