//! Triggers of the host's.

use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, ensure_facilitator_marker,
};

use crate::host::{File, SCHEMA, add_owner, in_memory, in_memory_with, markers, schema_with};
use crate::{DAY, works};

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
fn what_a_trigger_wrote_that_is_gone_since_is_reckoned_with() {
    let conn = in_memory();
    for id in ["Ada", "Bob"] {
        add_owner(&conn, id, DAY);
    }
    conn.execute_batch(
        "CREATE TEMP TRIGGER earlier AFTER INSERT ON reward_addresses BEGIN
             UPDATE facilitators SET created_at = '2020-01-01 00:00:00';
         END",
    )
    .unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    while backfill.report().created == 0 {
        assert_eq!(backfill.step(1).unwrap(), StepResult::More);
    }
    conn.execute_batch("DROP TRIGGER temp.earlier").unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
    let expected = [("Ada", DAY), ("Bob", "2020-01-01 00:00:00")];
    assert_eq!(markers(&conn), expected.map(|(id, date)| (id.to_owned(), date.to_owned())));
}

/// The trigger's text is wrong, so that this connection can write no marker; another one can.
#[test]
fn who_is_enrolled_by_others_is_not_refused_where_no_marker_can_be_written() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    for id in ["Ada", "Bob"] {
        add_owner(&conn, id, DAY);
    }
    conn.execute_batch(
        "CREATE TEMP TRIGGER wrong AFTER INSERT ON reward_addresses BEGIN INSERT INTO nowhere VALUES (1); END",
    )
    .unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    while backfill.report().refused == 0 {
        let _ = backfill.step(1).unwrap();
    }
    assert_eq!(ensure_facilitator_marker(&other, "Bob").unwrap().name(), "created");
    let error = backfill.step(1).unwrap_err();
    assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{error}");
    assert_eq!(backfill.report().already_enrolled, 1);
}
