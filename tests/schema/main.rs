//! Schemas: what must not matter, and what the error for an unfit one names.

mod conflict;
#[path = "../host/mod.rs"]
mod host;
mod lacking;
mod ordinary;
mod trigger;
mod unfit;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Error, Missing, backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker,
    for_each_skipped_owner, preview_facilitator_markers,
};

use host::{add_facilitator, add_owner, markers};

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
