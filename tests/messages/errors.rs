//! [`Error`], but for what SQLite answers.

use facilitator_markers::rusqlite::{self, ffi};
use facilitator_markers::{Error, Missing, Refusal, repair_facilitator_markers};

use crate::host::{add_owner, add_reward_address, in_memory};
use crate::refusals::refused;
use crate::sqlite::answer;

const PAIR: &[&str] = &["user_id", "address"];

pub fn lines() -> Vec<String> {
    let unique = |partial_index| Missing::Unique { table: "reward_addresses", columns: PAIR, partial_index };
    let all = vec![
        Missing::Table("facilitators"),
        Missing::Column { table: "user", column: "id" },
        unique(None),
        unique(Some("by_user".to_owned())),
    ];
    let busy = || Box::new(answer(ffi::SQLITE_BUSY));
    let undo =
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR), Some("disk I/O error".into()));
    let errors = [
        Error::UnreadableDate { date: "04/05/2026".to_owned() },
        Error::UnreadableDate { date: "2026-01-21 ".repeat(20) },
        Error::MissingSchema { missing: vec![Missing::Table("reward_addresses")] },
        Error::MissingSchema { missing: all },
        refused(1, Refusal::NotKept),
        refused(12, Refusal::NotKept),
        refused_changes(1),
        refused_changes(12),
        Error::UnsupportedSqlite { version: "3.39.4" },
        Error::TransactionEnded { cause: busy() },
        Error::NotUndone { cause: busy(), undo },
        Error::Bug { what: "a step neither reads nor visits anything" },
        Error::Bug { what: "a step neither reads nor mends anything" },
    ];
    errors.iter().map(ToString::to_string).collect()
}

/// The error of a repair whose changes the database doesn't take.
fn refused_changes(count: u64) -> Error {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    add_reward_address(&conn, "r1", "Ada", "facilitator", "FACILITATOR_OWNER:Ada");
    let sql = "CREATE TRIGGER refuses BEFORE UPDATE ON reward_addresses BEGIN SELECT raise(ABORT, 'not today'); END";
    conn.execute_batch(sql).unwrap();
    match repair_facilitator_markers(&conn, |_| ()) {
        Err(Error::RepairRefused { first, report, .. }) => Error::RepairRefused { count, first, report },
        other => panic!("{other:?}"),
    }
}
