//! Markers that the host's database refuses: each concerns its owner alone.

mod host;

use std::time::Duration;

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{self, Connection, ffi};
use facilitator_markers::{
    Backfill, Error, Progress, Refusal, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner, preview_facilitator_markers,
};
use host::{File, SCHEMA, add_owner, add_reward_address, in_memory_with, markers, schema_with};

const DAY: &str = "2026-01-05 10:00:00";

/// Something of the host's that refuses the markers of some users, whose ids begin with `No`.
struct Rule {
    schema: String,
    setup: &'static str,
    code: i32,
    /// What the refusal says.
    part: &'static str,
}

fn rules() -> Vec<Rule> {
    let rule = |schema, setup, code, part| Rule { schema, setup, code, part };
    let plain = || SCHEMA.to_owned();
    let with_column =
        |column: &str| schema_with("verified_at         TEXT,", &format!("verified_at TEXT, {column},"));
    let parents = "CREATE TABLE parents(id TEXT PRIMARY KEY); INSERT INTO parents VALUES ('Y');";
    // The first letter of the user's id, which a foreign key can lead to.
    let letter = |deferred: &str| {
        with_column(&format!("letter TEXT AS (substr(user_id, 1, 1)) REFERENCES parents(id) {deferred}"))
    };
    vec![
        rule(
            plain(),
            "CREATE TRIGGER at_most BEFORE INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN SELECT raise(ABORT, 'Maximum of 5 addresses per user'); END",
            ffi::SQLITE_CONSTRAINT_TRIGGER,
            "a trigger of the host's turned the row away: Maximum of 5 addresses per user",
        ),
        rule(
            plain(),
            "CREATE TABLE noted(user_id TEXT);
             CREATE TRIGGER at_most AFTER INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN INSERT INTO noted VALUES (new.user_id); SELECT raise(FAIL, 'too many'); END",
            ffi::SQLITE_CONSTRAINT_TRIGGER,
            "a trigger of the host's turned the row away: too many",
        ),
        rule(
            plain(),
            "CREATE TRIGGER at_most AFTER INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN SELECT raise(ROLLBACK, 'all over'); END",
            ffi::SQLITE_CONSTRAINT_TRIGGER,
            "a trigger of the host's turned the row away: all over",
        ),
        rule(
            plain(),
            "CREATE TABLE noted(user_id TEXT);
             CREATE TRIGGER at_most BEFORE INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN INSERT INTO noted VALUES (new.user_id); SELECT raise(IGNORE); END",
            ffi::SQLITE_CONSTRAINT_TRIGGER,
            "reward_addresses didn't keep the new row",
        ),
        rule(
            plain(),
            "CREATE TRIGGER rename AFTER INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN UPDATE reward_addresses SET chain_type = 'evm' WHERE id = new.id; END",
            ffi::SQLITE_CONSTRAINT_TRIGGER,
            "reward_addresses didn't keep the new row",
        ),
        rule(
            plain(),
            "CREATE TRIGGER ask AFTER INSERT ON reward_addresses WHEN new.user_id LIKE 'No%'
             BEGIN SELECT refuse(); END",
            ffi::SQLITE_ERROR,
            "the database turned the row away: not this one",
        ),
        rule(
            schema_with(
                "address             TEXT NOT NULL",
                "address TEXT NOT NULL CHECK (address NOT LIKE '%:No%')",
            ),
            "",
            ffi::SQLITE_CONSTRAINT_CHECK,
            "a CHECK of the host's turned the row away: CHECK constraint failed: address NOT LIKE '%:No%'",
        ),
        rule(
            letter(""),
            parents,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
            "a foreign key of the host's turned the row away",
        ),
        rule(
            letter("DEFERRABLE INITIALLY DEFERRED"),
            parents,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
            "a foreign key of the host's turned the row away",
        ),
        rule(
            with_column("length INTEGER NOT NULL AS (nullif(substr(user_id, 1, 2), 'No'))"),
            "",
            ffi::SQLITE_CONSTRAINT_NOTNULL,
            "a NOT NULL of the host's turned the row away",
        ),
    ]
}

/// A host with 600 owners, every fifth of whom the rule refuses.
fn host(conn: &Connection, setup: &str) {
    let not_this_one = || rusqlite::Error::UserFunctionError("not this one".into());
    conn.create_scalar_function("refuse", 0, FunctionFlags::default(), move |_| {
        Err(not_this_one()) as rusqlite::Result<i64>
    })
    .unwrap();
    conn.execute_batch(setup).unwrap();
    conn.execute_batch("BEGIN").unwrap();
    (0..600).for_each(|number| add_owner(conn, &id(number), DAY));
    conn.execute_batch("COMMIT").unwrap();
}

fn id(number: usize) -> String {
    if number % 5 == 2 { format!("No{number}") } else { format!("Yes{number}") }
}

fn rows_noted(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM noted", [], |row| row.get(0)).unwrap_or(0)
}

#[test]
fn one_refused_marker_keeps_no_other_owner_out() {
    for Rule { schema, setup, code, part } in rules() {
        let conn = in_memory_with(&schema);
        host(&conn, setup);
        let preview = preview_facilitator_markers(&conn).unwrap();
        assert_eq!((preview.report.created, preview.warnings), (600, vec![]), "only the run tells: {part}");
        for start in 1..=3 {
            let result = backfill_facilitator_markers(&conn);
            let Err(error @ Error::MarkerRefused { .. }) = result else { panic!("{part}: {result:?}") };
            assert_eq!(error.code(), code, "{part}: {error}");
            let sentence = format!("120 markers are refused, the first: for user \"No102\", {part}");
            assert!(error.to_string().starts_with(&sentence), "{part}: {error}");
            let Error::MarkerRefused { count, first, report: Some(report) } = error else { panic!("{part}") };
            assert_eq!((count, report.owners, report.refused), (120, 600, 120), "{part}");
            assert_eq!(report.created, if start == 1 { 480 } else { 0 }, "{part}");
            assert_eq!(first.user_id, "No102", "{part}");
            assert!(markers(&conn).iter().all(|(user_id, _)| user_id.starts_with("Yes")), "{part}");
            assert_eq!((markers(&conn).len(), host::reward_addresses(&conn).len()), (480, 480), "{part}");
            assert_eq!(rows_noted(&conn), 0, "what the trigger of a refused marker wrote is undone: {part}");
            assert!(conn.is_autocommit());
        }
        for result in [
            ensure_facilitator_marker(&conn, "No2").map(drop),
            create_facilitator_marker(&conn, "No2", DAY).map(drop),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), code, "{part}: {error}");
            assert!(
                error.to_string().starts_with(&format!("1 marker is refused: for user \"No2\", {part}")),
                "{error}"
            );
            assert_eq!((host::reward_addresses(&conn).len(), rows_noted(&conn)), (480, 0), "{part}");
        }
    }
}

#[test]
fn steps_of_every_size_visit_all_that_are_not_refused() {
    for Rule { schema, setup, part, .. } in rules() {
        for owners in [1, 2, 7, 130, 1_000] {
            let conn = in_memory_with(&schema);
            host(&conn, setup);
            let mut backfill = Backfill::new(&conn).unwrap();
            let result = backfill.run_to_completion(owners, Duration::ZERO, None::<fn(Progress)>);
            assert!(
                matches!(result, Err(Error::MarkerRefused { count: 120, .. })),
                "{part}, {owners}: {result:?}"
            );
            assert_eq!(backfill.progress().remaining, 0);
            assert_eq!(
                (backfill.report().created, backfill.report().refused),
                (480, 120),
                "{part}, {owners}"
            );
            assert_eq!(markers(&conn).len(), 480, "{part}, {owners}");
        }
    }
}

#[test]
fn in_the_hosts_transaction_a_refused_marker_keeps_no_other_out() {
    for Rule { schema, setup, part, .. } in rules() {
        let conn = in_memory_with(&schema);
        host(&conn, setup);
        conn.execute_batch("BEGIN; UPDATE \"user\" SET name = 'Host' WHERE id = 'Yes0'").unwrap();
        let result = backfill_facilitator_markers(&conn);
        if part.ends_with("all over") {
            assert!(matches!(result, Err(Error::TransactionEnded { .. })), "{part}: {result:?}");
            assert!(conn.is_autocommit() && markers(&conn).is_empty(), "{part}");
            continue;
        }
        assert!(matches!(result, Err(Error::MarkerRefused { count: 120, .. })), "{part}: {result:?}");
        assert!(!conn.is_autocommit(), "{part}");
        conn.execute_batch("COMMIT").unwrap();
        assert_eq!((markers(&conn).len(), rows_noted(&conn)), (480, 0), "{part}");
    }
}

#[test]
fn every_later_start_says_the_same_and_changes_no_byte() {
    for Rule { schema, setup, part, .. } in rules() {
        for journal_mode in ["WAL", "DELETE"] {
            let file = File::with_schema(&schema);
            let conn = file.connect();
            conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}; PRAGMA synchronous = OFF"))
                .unwrap();
            host(&conn, setup);
            let first = backfill_facilitator_markers(&conn).unwrap_err().to_string();
            let before = file.bytes();
            assert_eq!(backfill_facilitator_markers(&conn).unwrap_err().to_string(), first, "{part}");
            assert!(file.bytes() == before, "{journal_mode}: {part}");
        }
    }
}

#[test]
fn the_backfill_that_met_them_lists_the_refused_and_why() {
    for Rule { schema, setup, part, .. } in rules() {
        let conn = in_memory_with(&schema);
        host(&conn, setup);
        let mut backfill = Backfill::new(&conn).unwrap();
        backfill.run_to_completion(50, Duration::ZERO, None::<fn(Progress)>).unwrap_err();
        let mut listed = Vec::new();
        backfill.for_each_skipped_owner(|owner| listed.push((owner.reason(), owner.to_string()))).unwrap();
        assert_eq!(listed.len(), 120, "{part}");
        assert!(
            listed.iter().all(|(reason, text)| *reason == "refused" && text.contains(part)),
            "{part}: {listed:?}"
        );

        // Who hasn't met them knows the owners as due.
        let (mut skipped, mut due) = (0, 0);
        for_each_skipped_owner(&conn, |_| skipped += 1).unwrap();
        for_each_due_owner(&conn, |_| due += 1).unwrap();
        assert_eq!((skipped, due), (0, 120), "{part}");

        // And who is enrolled after all isn't listed.
        let mut listed = 0;
        conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        add_reward_address(&conn, "by hand", "Yes0", "evm", "0x1");
        let sql =
            "UPDATE reward_addresses SET user_id = 'No2', chain_type = 'facilitator' WHERE id = 'by hand'";
        if conn.execute(sql, []).is_ok() {
            backfill.for_each_skipped_owner(|_| listed += 1).unwrap();
            assert_eq!(listed, 119, "{part}");
        }
    }
}

#[test]
fn a_thousand_in_a_row_are_the_schema() {
    let conn = in_memory_with(&schema_with(
        "address             TEXT NOT NULL",
        "address TEXT NOT NULL CHECK (address LIKE '0x%')",
    ));
    conn.execute_batch("BEGIN").unwrap();
    (0..2_300).for_each(|number| add_owner(&conn, &format!("User{number}"), DAY));
    conn.execute_batch("COMMIT").unwrap();
    for owners in [1, 300, 10_000] {
        let mut backfill = Backfill::new(&conn).unwrap();
        let result = backfill.run_to_completion(owners, Duration::ZERO, None::<fn(Progress)>);
        assert!(matches!(result, Err(Error::MarkerRefused { count: 1_000, .. })), "{result:?}");
        assert_eq!((backfill.report().owners, backfill.progress().remaining), (1_000, 0));
        assert!(
            matches!(backfill.step(1), Err(Error::MarkerRefused { count: 1_000, .. })),
            "and it stays so"
        );
    }

    // One that is written shows that it isn't.
    add_owner(&conn, "0", DAY);
    conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    assert_eq!(ensure_facilitator_marker(&conn, "0").unwrap().name(), "created");
    conn.execute_batch("DELETE FROM reward_addresses; PRAGMA ignore_check_constraints = OFF").unwrap();
    conn.execute_batch("CREATE TRIGGER help BEFORE INSERT ON reward_addresses WHEN new.user_id = '0' BEGIN
        INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES ('0', '0', 'facilitator', '0x0'); END").unwrap();
    let result = backfill_facilitator_markers(&conn);
    assert!(
        matches!(result, Err(Error::MarkerRefused { count: 1_000, .. })),
        "a trigger's own isn't: {result:?}"
    );
}

#[test]
fn a_place_that_is_taken_is_not_the_schema() {
    let conn = in_memory_with(SCHEMA);
    conn.execute_batch("BEGIN").unwrap();
    for number in 1_000..2_200 {
        let id = format!("User{number}");
        add_owner(&conn, &id, DAY);
        add_reward_address(&conn, &id, &id, "evm", &format!("FACILITATOR_OWNER:{id}"));
    }
    add_owner(&conn, "Zoe", DAY);
    conn.execute_batch("COMMIT").unwrap();
    let result = backfill_facilitator_markers(&conn);
    let Err(Error::MarkerRefused { count: 1_200, first, report: Some(report) }) = result else {
        panic!("{result:?}")
    };
    assert!(matches!(first.refusal, Refusal::AddressTaken { .. }));
    assert_eq!((report.created, report.refused), (1, 1_200));
    let mut listed = 0;
    for_each_skipped_owner(&conn, |_| listed += 1).unwrap();
    assert_eq!(listed, 1_200);
}

#[test]
fn a_column_that_rolls_back_is_named_with_each_marker() {
    let schema = schema_with(
        "verified_at         TEXT,",
        "verified_at TEXT, chain_id TEXT NOT NULL ON CONFLICT ROLLBACK,",
    );
    let conn = in_memory_with(&schema);
    (0..40).for_each(|number| add_owner(&conn, &format!("User{number}"), DAY));
    let result = backfill_facilitator_markers(&conn);
    let Err(Error::MarkerRefused { count: 40, first, .. }) = result else { panic!("{result:?}") };
    assert_eq!(first.refusal, Refusal::ColumnWithoutDefault { column: "chain_id".to_owned() });
}

#[test]
fn an_id_near_the_limit_on_the_length_of_a_text_is_refused_alone() {
    const LIMIT: usize = 3_000;
    let conn = in_memory_with(SCHEMA);
    let near = format!("{}z", "n".repeat(LIMIT - 10));
    let enrolled = format!("{}e", "n".repeat(LIMIT - 10));
    for id in [near.as_str(), enrolled.as_str(), "Ada", "Zoe"] {
        add_owner(&conn, id, DAY);
    }
    add_reward_address(&conn, "older", &enrolled, "facilitator", "0x1");
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_limit(conn.handle(), ffi::SQLITE_LIMIT_LENGTH, LIMIT as i32) };

    let error = ensure_facilitator_marker(&conn, &near).unwrap_err();
    assert_eq!(error.code(), ffi::SQLITE_TOOBIG);
    assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{error}");
    assert_eq!(ensure_facilitator_marker(&conn, &enrolled).unwrap().name(), "already_enrolled");
    match backfill_facilitator_markers(&conn).unwrap_err() {
        Error::MarkerRefused { count: 1, first, report: Some(report) } => {
            assert_eq!((first.user_id, first.refusal.code()), (near, ffi::SQLITE_TOOBIG));
            assert_eq!((report.created, report.already_enrolled, report.refused), (2, 1, 1));
        }
        other => panic!("{other}"),
    }
    let mut due = 0;
    for_each_due_owner(&conn, |_| due += 1).unwrap();
    for_each_skipped_owner(&conn, |owner| panic!("{owner}")).unwrap();
    assert_eq!(due, 1, "only the run tells");
}

#[test]
fn a_marker_that_a_batch_leaves_out_is_refused_alone() {
    let conn = in_memory_with(SCHEMA);
    conn.execute_batch("CREATE UNIQUE INDEX by_address ON reward_addresses(address COLLATE NOCASE)").unwrap();
    (100..140).for_each(|number| add_owner(&conn, &format!("User{number}"), DAY));
    host::add_user(&conn, "Bob");
    add_reward_address(&conn, "w", "Bob", "evm", "facilitator_owner:user100");
    match backfill_facilitator_markers(&conn).unwrap_err() {
        Error::MarkerRefused { count: 1, first, report: Some(report) } => {
            assert_eq!((first.user_id.as_str(), first.refusal), ("User100", Refusal::NotKept));
            assert_eq!((report.created, report.refused), (39, 1));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_key_that_takes_capitals_for_small_letters_refuses_alone() {
    let from = "reward_addresses (\n    id                  TEXT PRIMARY KEY";
    let conn = in_memory_with(&host::schema_with(from, &format!("{from} COLLATE NOCASE")));
    for id in ["Ada", "Bob", "Zoe"] {
        add_owner(&conn, id, DAY);
    }
    add_reward_address(&conn, "facilitator_owner:BOB", "Ada", "evm", "0x1");

    let error = ensure_facilitator_marker(&conn, "Bob").unwrap_err();
    assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{error}");
    match backfill_facilitator_markers(&conn).unwrap_err() {
        Error::MarkerRefused { count: 1, first, report: Some(report) } => {
            assert_eq!((first.user_id.as_str(), first.refusal), ("Bob", Refusal::NotKept));
            assert_eq!((report.created, report.refused), (2, 1));
        }
        other => panic!("{other}"),
    }
}
