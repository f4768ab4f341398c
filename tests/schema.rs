//! Schemas: what must not matter, and what the error for an unfit one names.

mod host;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Error, Missing, Refusal, Warning, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_skipped_owner, preview_facilitator_markers,
};
use host::{
    SCHEMA, add_facilitator, add_owner, add_reward_address, add_user, in_memory, in_memory_with, markers,
    schema_with,
};

const DAY: &str = "2026-01-21 10:00:00";

fn expected(ids: &[&str]) -> Vec<(String, String)> {
    ids.iter().map(|id| ((*id).to_owned(), DAY.to_owned())).collect()
}

/// `ensure` for one owner and a backfill for the rest do what they do on an ordinary schema.
fn works(conn: &Connection) {
    for id in ["Ada", "Bob", "Cid"] {
        add_owner(conn, id, DAY);
    }
    add_facilitator(conn, "gone", DAY);
    let preview = preview_facilitator_markers(conn).unwrap();
    assert_eq!(preview.warnings, []);
    let preview = preview.report;
    assert_eq!((preview.owners, preview.created, preview.unknown_users), (3, 3, 1));

    let marker = ensure_facilitator_marker(conn, "BOB").unwrap();
    assert_eq!(marker.name(), "created");
    assert_eq!(marker.marker().unwrap().user_id, "Bob");
    let report = backfill_facilitator_markers(conn).unwrap();
    assert_eq!((report.owners, report.created, report.already_enrolled), (3, 2, 1));
    assert_eq!(markers(conn), expected(&["Ada", "Bob", "Cid"]));

    let again = backfill_facilitator_markers(conn).unwrap();
    assert_eq!((again.owners, again.created, again.already_enrolled), (3, 0, 3));
}

/// Every call fails, and in the same way.
fn every_call_fails(conn: &Connection, check: impl Fn(&Error)) {
    let calls: [(&str, Result<(), Error>); 5] = [
        ("create", create_facilitator_marker(conn, "Ada", DAY).map(drop)),
        ("ensure", ensure_facilitator_marker(conn, "Ada").map(drop)),
        ("backfill", backfill_facilitator_markers(conn).map(drop)),
        ("preview", preview_facilitator_markers(conn).map(drop)),
        ("skipped", for_each_skipped_owner(conn, |_| {})),
    ];
    for (call, result) in calls {
        println!("{call}: {result:?}");
        check(&result.unwrap_err());
        assert!(conn.is_autocommit());
    }
}

fn missing(conn: &Connection, expected: &[Missing]) {
    every_call_fails(conn, |error| match error {
        Error::MissingSchema { missing } => assert_eq!(missing, expected),
        other => panic!("{other:?}"),
    });
}

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
fn replace_clauses_of_the_host_replace_nothing() {
    let schema = SCHEMA
        .replace("id                  TEXT PRIMARY KEY", "id TEXT PRIMARY KEY ON CONFLICT REPLACE")
        .replace("UNIQUE (user_id, address)", "UNIQUE (user_id, address) ON CONFLICT REPLACE");
    works(&in_memory_with(&schema));

    let conn = in_memory_with(&schema);
    add_owner(&conn, "Ada", DAY);
    add_owner(&conn, "Bob", DAY);
    add_reward_address(&conn, "FACILITATOR_OWNER:Ada", "Bob", "evm", "0x1");
    add_reward_address(&conn, "w", "Bob", "evm", "FACILITATOR_OWNER:Bob");
    let before = host::reward_addresses(&conn);
    assert!(matches!(backfill_facilitator_markers(&conn), Err(Error::MarkerRefused { count: 2, .. })));
    assert!(ensure_facilitator_marker(&conn, "Ada").is_err());
    assert_eq!(host::reward_addresses(&conn), before);
}

#[test]
fn a_unique_constraint_that_only_the_host_knows_replaces_nothing() {
    let schema =
        schema_with("address             TEXT NOT NULL", "address TEXT NOT NULL UNIQUE ON CONFLICT REPLACE");
    let conn = in_memory_with(&schema);
    add_owner(&conn, "Ada", DAY);
    add_user(&conn, "Bob");
    add_reward_address(&conn, "w", "Bob", "evm", "FACILITATOR_OWNER:Ada");
    let before = host::reward_addresses(&conn);
    let error = ensure_facilitator_marker(&conn, "Ada").unwrap_err();
    assert!(matches!(&error, Error::MarkerRefused { first, .. } if first.refusal == Refusal::NotKept));
    assert_eq!(host::reward_addresses(&conn), before);
}

#[test]
fn one_marker_that_the_host_turns_away_keeps_no_other_out() {
    let schema = schema_with("address             TEXT NOT NULL", "address TEXT NOT NULL UNIQUE");
    let conn = in_memory_with(&schema);
    for number in 100..300 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    add_user(&conn, "Bob");
    add_reward_address(&conn, "w", "Bob", "facilitator", "FACILITATOR_OWNER:User170");
    let result = backfill_facilitator_markers(&conn);
    let Err(Error::MarkerRefused { count: 1, first, report: Some(report) }) = result else {
        panic!("{result:?}")
    };
    assert_eq!((first.user_id.as_str(), first.refusal), ("User170", Refusal::NotKept));
    assert_eq!((report.owners, report.created), (200, 199));
    assert_eq!(markers(&conn).len(), 200);
}

#[test]
fn triggers_work_and_keep_their_own_conflict_clauses() {
    let conn = in_memory();
    conn.execute_batch(
        "CREATE TABLE enrolled_days(day TEXT PRIMARY KEY);
         CREATE TRIGGER note AFTER INSERT ON reward_addresses BEGIN
             INSERT OR IGNORE INTO enrolled_days VALUES (new.created_at);
         END;
         CREATE TRIGGER before_note BEFORE INSERT ON reward_addresses BEGIN
             INSERT OR REPLACE INTO enrolled_days VALUES (new.created_at);
         END;",
    )
    .unwrap();
    works(&conn);
}

#[test]
fn the_marker_is_given_as_triggers_left_it() {
    let conn = in_memory();
    conn.execute_batch(
        "CREATE TRIGGER change AFTER INSERT ON reward_addresses BEGIN
             UPDATE reward_addresses SET id = 'changed', verification_status = 'pending', address = '0x1'
             WHERE id = new.id;
         END;",
    )
    .unwrap();
    add_owner(&conn, "Ada", DAY);
    let enrollment = ensure_facilitator_marker(&conn, "Ada").unwrap();
    let marker = enrollment.marker().unwrap();
    assert_eq!(enrollment.name(), "created");
    assert_eq!((marker.id.as_str(), marker.verification_status.as_str()), ("changed", "pending"));
    add_owner(&conn, "Bob", DAY);
    let error = backfill_facilitator_markers(&conn).unwrap_err();
    assert_eq!(error.code(), 1555, "two rows can't have the trigger's id: {error}");
}

#[test]
fn a_trigger_that_changes_what_comes_next_is_reckoned_with() {
    for schema in [
        SCHEMA.to_owned(),
        schema_with("CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);", ""),
    ] {
        let conn = in_memory_with(&schema);
        conn.execute_batch(
            "CREATE TRIGGER move AFTER INSERT ON reward_addresses WHEN new.user_id = 'Ada' BEGIN
                 UPDATE facilitators SET created_at = '2020-01-01' WHERE owner_address = 'bob';
                 DELETE FROM facilitators WHERE owner_address = 'cid';
                 DELETE FROM \"user\" WHERE id = 'Dan';
                 INSERT INTO \"user\"(id, name, email) VALUES ('eVE', 'n', 'eVE');
                 INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES ('m', 'Fay', 'facilitator', '0');
                 UPDATE facilitators SET created_at = '' WHERE owner_address = 'gus';
             END;
             CREATE TRIGGER move_again AFTER INSERT ON reward_addresses WHEN new.user_id = 'Bob' BEGIN
                 UPDATE facilitators SET created_at = '2020-01-02' WHERE owner_address = 'hal';
             END;",
        )
        .unwrap();
        for id in ["Ada", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal"] {
            add_owner(&conn, id, DAY);
        }
        let report = backfill_facilitator_markers(&conn).unwrap();
        assert_eq!((report.owners, report.created), (5, 3), "{report:?}");
        assert_eq!((report.already_enrolled, report.unreadable_date, report.ambiguous_users), (1, 1, 1));
        let dates =
            |id: &str| markers(&conn).into_iter().find(|(user_id, _)| user_id == id).map(|(_, date)| date);
        assert_eq!(dates("Ada").as_deref(), Some(DAY));
        assert_eq!(dates("Bob").as_deref(), Some("2020-01-01 00:00:00"));
        assert_eq!(dates("Hal").as_deref(), Some("2020-01-02 00:00:00"));
        assert_eq!(markers(&conn).len(), 4, "and Fay's, by the trigger");
    }
}

#[test]
fn a_row_that_the_host_turns_away_is_an_error() {
    for trigger in [
        "CREATE TRIGGER ignore BEFORE INSERT ON reward_addresses BEGIN SELECT raise(IGNORE); END",
        "CREATE TRIGGER remove AFTER INSERT ON reward_addresses BEGIN DELETE FROM reward_addresses WHERE id = new.id; END",
        "CREATE TRIGGER rename AFTER INSERT ON reward_addresses BEGIN
             UPDATE reward_addresses SET chain_type = 'evm' WHERE id = new.id; END",
    ] {
        let conn = in_memory();
        conn.execute_batch(trigger).unwrap();
        add_owner(&conn, "Ada", DAY);
        for result in [
            ensure_facilitator_marker(&conn, "Ada").map(drop),
            create_facilitator_marker(&conn, "Ada", DAY).map(drop),
        ] {
            assert!(matches!(result, Err(Error::MarkerRefused { count: 1, .. })), "{trigger}: {result:?}");
            assert_eq!(host::reward_addresses(&conn).len(), 0, "undone");
        }
        let result = backfill_facilitator_markers(&conn);
        assert!(matches!(result, Err(Error::MarkerRefused { count: 1, .. })), "{trigger}: {result:?}");
    }
}

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
    let before = host::reward_addresses(conn);
    let errors = [
        create_facilitator_marker(conn, "Ada", DAY).map(drop),
        ensure_facilitator_marker(conn, "Ada").map(drop),
        backfill_facilitator_markers(conn).map(drop),
    ]
    .map(Result::unwrap_err);
    assert!(conn.is_autocommit());
    assert_eq!(host::reward_addresses(conn), before);
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

#[test]
fn a_taken_id_or_address_is_an_error_after_all_others_were_visited() {
    let conn = in_memory();
    for id in ["Ada", "Bob", "Cid", "Dan"] {
        add_owner(&conn, id, DAY);
    }
    add_reward_address(&conn, "FACILITATOR_OWNER:Bob", "Dan", "evm", "0x1");
    add_reward_address(&conn, "w", "Cid", "solana", "FACILITATOR_OWNER:Cid");
    let mut listed = Vec::new();
    for_each_skipped_owner(&conn, |owner| listed.push(owner.reason())).unwrap();
    assert_eq!(listed, ["refused", "refused"]);

    let preview = preview_facilitator_markers(&conn).unwrap();
    let [Warning::Refused { count: 2, first: foreseen }] = &preview.warnings[..] else {
        panic!("{preview:?}")
    };
    let result = backfill_facilitator_markers(&conn);
    let Err(Error::MarkerRefused { count: 2, first, report: Some(report) }) = result else {
        panic!("{result:?}")
    };
    assert_eq!((report.owners, report.created, report.refused), (4, 2, 2));
    assert_eq!((*report, &first), (preview.report, foreseen));
    assert_eq!(first.user_id, "Bob");
    let taken = Refusal::IdTaken { user_id: "Dan".to_owned(), chain_type: "evm".to_owned() };
    assert_eq!(first.refusal, taken);
    assert_eq!(markers(&conn), expected(&["Ada", "Dan"]));
    assert_eq!(
        ensure_facilitator_marker(&conn, "Bob").unwrap_err().to_string(),
        "1 marker is refused: for user \"Bob\", the reward_addresses row with the marker's id belongs to user \
         \"Dan\" with chain_type \"evm\"; change that row's id, then run the backfill"
    );
    assert_eq!(
        create_facilitator_marker(&conn, "Cid", DAY).unwrap_err().to_string(),
        "1 marker is refused: for user \"Cid\", the reward_addresses row \"w\" with chain_type \"solana\" has the \
         marker's address; change that row's address, then run the backfill"
    );
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
fn a_marker_that_a_trigger_writes_first_counts() {
    let trigger = "CREATE TRIGGER first BEFORE INSERT ON reward_addresses WHEN new.verified_at > '' BEGIN
                       INSERT INTO reward_addresses(id, user_id, chain_type, address)
                       VALUES (new.id, new.user_id, new.chain_type, new.address);
                   END";
    for ensure in [true, false] {
        let conn = in_memory();
        conn.execute_batch(trigger).unwrap();
        add_owner(&conn, "Ada", DAY);
        if ensure {
            assert_eq!(ensure_facilitator_marker(&conn, "Ada").unwrap().name(), "already_enrolled");
        } else {
            assert_eq!(backfill_facilitator_markers(&conn).unwrap().already_enrolled, 1);
        }
        assert_eq!(markers(&conn).len(), 1);
    }
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
