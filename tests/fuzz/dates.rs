//! A date: text that the library and the model read alike, wherever it stands.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Enrollment, Error, create_facilitator_marker, ensure_facilitator_marker};

use crate::host;
use crate::model::{Instant, Value};

/// More facilitators than this are one owner's in no case.
const MOST_FACILITATORS: usize = 4;

thread_local! {
    static CONN: Connection = {
        let conn = host::in_memory();
        host::add_user(&conn, "Ada");
        host::add_user(&conn, "Ben");
        conn
    };
}

/// Each line is the `created_at` of one of Ada's facilitators, and the first one Ben's enrollment date.
pub fn check(bytes: &[u8]) {
    CONN.with(|conn| {
        let transaction = conn.unchecked_transaction().unwrap();
        let dates = bytes.split(|byte| *byte == b'\n').take(MOST_FACILITATORS);
        let mut instants = Vec::new();
        for date in dates {
            host::add_facilitator(&transaction, "ada", Value::text(date));
            instants.push(Instant::read(date));
        }
        let first = instants[0].clone();
        let earliest = instants.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min());
        check_earliest(&transaction, earliest);
        let argument =
            bytes.split(|byte| *byte == b'\n').next().and_then(|date| std::str::from_utf8(date).ok());
        if let Some(argument) = argument {
            check_argument(&transaction, argument, first);
        }
    });
}

fn check_earliest(conn: &Connection, expected: Option<Instant>) {
    match (ensure_facilitator_marker(conn, "Ada"), expected) {
        (Ok(Enrollment::Created(marker)), Some(date)) => assert_eq!(marker.created_at, date.written()),
        (Ok(Enrollment::UnreadableDate), None) => {}
        (actual, expected) => panic!("{actual:?} where the model reads {expected:?}"),
    }
}

fn check_argument(conn: &Connection, argument: &str, expected: Option<Instant>) {
    match (create_facilitator_marker(conn, "Ben", argument), expected) {
        (Ok(Enrollment::Created(marker)), Some(date)) => assert_eq!(marker.created_at, date.written()),
        (Err(Error::UnreadableDate { .. }), None) => {}
        (actual, expected) => panic!("{actual:?} where the model reads {expected:?}"),
    }
}
