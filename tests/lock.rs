//! Taking the write lock before reading, as where what others haven't committed is read.

mod host;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Error, Refusal, backfill_facilitator_markers, ensure_facilitator_marker};

use host::{add_owner, in_memory, markers};

fn host_that_reads_uncommitted() -> Connection {
    let conn = in_memory();
    conn.execute_batch("PRAGMA read_uncommitted = ON").unwrap();
    for id in ["Ada", "Bob"] {
        add_owner(&conn, id, "2026-01-21 10:00:00");
    }
    conn
}

#[test]
fn a_pragma_that_has_statements_give_a_row_is_in_nobodys_way() {
    let conn = host_that_reads_uncommitted();
    conn.execute_batch("PRAGMA count_changes = ON").unwrap();
    assert_eq!(ensure_facilitator_marker(&conn, "ada").unwrap().name(), "created");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 1);
    assert_eq!(markers(&conn).len(), 2);
}

#[test]
fn a_trigger_that_can_not_be_prepared_refuses_markers_there_too() {
    let conn = host_that_reads_uncommitted();
    conn.execute_batch(
        "CREATE TRIGGER broken BEFORE INSERT ON reward_addresses BEGIN SELECT missing_function(new.id); END",
    )
    .unwrap();
    for error in [
        ensure_facilitator_marker(&conn, "ada").unwrap_err(),
        backfill_facilitator_markers(&conn).unwrap_err(),
    ] {
        let Error::MarkerRefused { first, .. } = &error else { panic!("{error}") };
        assert!(matches!(first.refusal, Refusal::TurnedAway { .. }), "{error}");
        assert!(error.to_string().contains("missing_function"), "{error}");
    }
    assert!(conn.is_autocommit());
}
