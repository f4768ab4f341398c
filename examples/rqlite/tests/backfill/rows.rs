//! Which rows a backfill writes.

use facilitator_markers::backfill_facilitator_markers;
use facilitator_markers::rusqlite::Connection;
use facilitator_markers_rqlite::Report;

use crate::engine::{CLOCK, Engine};
use crate::host::{add_owner, in_memory, in_memory_with, markers, reward_addresses, schema_with};

const WORKLOAD: &str = include_str!("../../../../sql/engines/workload.sql");

fn workload() -> Connection {
    let conn = in_memory();
    conn.execute_batch(WORKLOAD).unwrap();
    conn
}

#[test]
fn all_rows_are_those_that_the_library_writes_however_large_pages_are() {
    let library = workload();
    let error = backfill_facilitator_markers(&library).unwrap_err().to_string();
    library
        .execute("UPDATE reward_addresses SET verified_at = ?1 WHERE verified_at IS NOT NULL", [CLOCK])
        .unwrap();
    let expected = reward_addresses(&library);
    for owners_per_page in [113, 1_000, 100_000] {
        let mut engine = Engine::new(workload());
        let before = reward_addresses(&engine.conn).len();
        let refused = engine.backfill(owners_per_page).unwrap_err();
        assert_eq!(reward_addresses(&engine.conn), expected, "{owners_per_page}");
        let facilitator_markers_rqlite::Error::MarkerRefused { report, refused } = refused else {
            panic!("{refused}");
        };
        assert!(error.starts_with(&format!("{} markers are refused", refused.len())), "{error}");
        assert_eq!(report.created as usize, expected.len() - before);
    }
}

#[test]
fn the_report_is_that_of_the_library() {
    let (mut engine, library) = (Engine::new(in_memory()), in_memory());
    for conn in [&engine.conn, &library] {
        conn.execute_batch(include_str!("../../../backfill/sample.sql")).unwrap();
    }
    let expected = backfill_facilitator_markers(&library).unwrap();
    let report = engine.backfill(500).unwrap();
    let counts = |report: Report| {
        [
            report.owners,
            report.created,
            report.already_enrolled,
            report.unreadable_date,
            report.refused,
            report.unknown_users,
            report.ambiguous_users,
            report.unreadable_dates,
        ]
    };
    assert_eq!(
        counts(report),
        [
            expected.owners,
            expected.created,
            expected.already_enrolled,
            expected.unreadable_date,
            expected.refused,
            expected.unknown_users,
            expected.ambiguous_users,
            expected.unreadable_dates,
        ]
    );
    assert_eq!(report.owners, 4);
}

#[test]
fn each_marker_has_the_clocks_reading_and_the_second_backfill_writes_nothing() {
    let mut engine = Engine::new(in_memory());
    for id in ["Ada", "Bob", "Cleo"] {
        add_owner(&engine.conn, id, "2026-01-21 10:00:00");
    }
    assert_eq!(engine.backfill(2).unwrap().created, 3);
    let rows = reward_addresses(&engine.conn);
    assert!(rows.iter().all(|row| row.contains(CLOCK)), "{rows:?}");
    assert_eq!(engine.writes, 2);

    let report = engine.backfill(2).unwrap();
    assert_eq!((report.created, report.already_enrolled), (0, 3));
    assert_eq!((engine.writes, reward_addresses(&engine.conn)), (2, rows));
}

#[test]
fn nobody_is_outside_of_all_pages_in_whatever_order_the_host_puts_ids() {
    let schema = schema_with("TEXT PRIMARY KEY NOT NULL", "TEXT COLLATE NOCASE PRIMARY KEY NOT NULL");
    let mut engine = Engine::new(in_memory_with(&schema));
    // The second one comes before the first page's first, where case doesn't count.
    for id in ["B", "a", "c", "z"] {
        add_owner(&engine.conn, id, "2026-01-21 10:00:00");
    }
    assert_eq!(engine.backfill(2).unwrap().created, 4);
    assert_eq!((engine.writes, markers(&engine.conn).len()), (2, 4));
}
