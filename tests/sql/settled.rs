//! An ambiguity that the host has settled is no longer listed.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{create_facilitator_marker, for_each_skipped_owner, sql};

use crate::host::{self, add_facilitator, add_user};

fn listed_after_a_marker_of(date: &str) -> bool {
    let conn = host::in_memory();
    for id in ["Ada", "aDA"] {
        add_user(&conn, id);
    }
    add_facilitator(&conn, "ada", "2026-01-21 10:00:00.5");
    create_facilitator_marker(&conn, "Ada", date).unwrap();
    let mut by_the_library = 0;
    for_each_skipped_owner(&conn, |_| by_the_library += 1).unwrap();
    let listed = count(&conn);
    assert_eq!(listed > 0, by_the_library > 0, "{date}");
    listed > 0
}

fn count(conn: &Connection) -> usize {
    let mut statement = conn.prepare(sql::SKIPPED).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    count
}

#[test]
fn a_marker_that_covers_all_of_an_ambiguous_address_settles_it() {
    assert!(!listed_after_a_marker_of("2026-01-21 09:59:59"));
    assert!(!listed_after_a_marker_of("2026-01-21 10:00:00"));
    assert!(listed_after_a_marker_of("2026-01-21 10:00:01"));
}
