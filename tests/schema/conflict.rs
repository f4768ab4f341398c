//! Unique constraints and conflict clauses of the host's.

use facilitator_markers::{
    Error, Refusal, Warning, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_skipped_owner, preview_facilitator_markers,
};

use crate::host::{
    SCHEMA, add_owner, add_reward_address, add_user, in_memory, in_memory_with, markers, reward_addresses,
    schema_with,
};
use crate::{DAY, expected, works};

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
    let before = reward_addresses(&conn);
    assert!(matches!(backfill_facilitator_markers(&conn), Err(Error::MarkerRefused { count: 2, .. })));
    assert!(ensure_facilitator_marker(&conn, "Ada").is_err());
    assert_eq!(reward_addresses(&conn), before);
}

#[test]
fn a_unique_constraint_that_only_the_host_knows_replaces_nothing() {
    let schema =
        schema_with("address             TEXT NOT NULL", "address TEXT NOT NULL UNIQUE ON CONFLICT REPLACE");
    let conn = in_memory_with(&schema);
    add_owner(&conn, "Ada", DAY);
    add_user(&conn, "Bob");
    add_reward_address(&conn, "w", "Bob", "evm", "FACILITATOR_OWNER:Ada");
    let before = reward_addresses(&conn);
    let error = ensure_facilitator_marker(&conn, "Ada").unwrap_err();
    assert!(matches!(&error, Error::MarkerRefused { first, .. } if first.refusal == Refusal::NotKept));
    assert_eq!(reward_addresses(&conn), before);
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
            assert_eq!(reward_addresses(&conn).len(), 0, "undone");
        }
        let result = backfill_facilitator_markers(&conn);
        assert!(matches!(result, Err(Error::MarkerRefused { count: 1, .. })), "{trigger}: {result:?}");
    }
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
