//! Users and facilitators that come, go or change between steps.

use facilitator_markers::rusqlite::{Connection, params};
use facilitator_markers::{Backfill, StepResult, backfill_facilitator_markers};
use proptest::prelude::*;

use crate::host::{File, add_facilitator, add_user};
use crate::{markers, right_markers};

/// Ids among which several differ in case only.
const IDS: [&str; 10] = ["Ab", "aB", "AB", "ab", "Cd", "cD", "e", "E", "Fg", "h1"];

/// Something that happens to the host's tables.
#[derive(Debug, Clone)]
enum Change {
    AddUser(usize),
    RemoveUser(usize),
    AddFacilitator(usize, bool, u8),
    RemoveFacilitators(usize),
    Redate(usize, u8),
}

/// Who makes a change, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Circumstance {
    /// The host's own connection commits it.
    Own,
    /// Another connection commits it.
    Other,
    /// The host's own connection has it in a transaction that is still open when the step is taken, and rolls
    /// both back.
    RolledBackWithStep,
    /// As before, and it commits both.
    CommittedWithStep,
}

fn date(day: u8) -> String {
    format!("2026-01-{:02} 00:00:00", day % 28 + 1)
}

impl Change {
    fn make(&self, conn: &Connection) {
        match *self {
            Change::AddUser(id) => {
                let exists = conn.prepare("SELECT 1 FROM \"user\" WHERE id = ?1").unwrap().exists([IDS[id]]);
                if !exists.unwrap() {
                    add_user(conn, IDS[id]);
                }
            }
            Change::RemoveUser(id) => {
                conn.execute("DELETE FROM \"user\" WHERE id = ?1", [IDS[id]]).unwrap();
            }
            Change::AddFacilitator(id, exact, day) => {
                let owner_address = if exact { IDS[id].to_owned() } else { IDS[id].to_ascii_lowercase() };
                add_facilitator(conn, owner_address, date(day));
            }
            Change::RemoveFacilitators(id) => {
                conn.execute("DELETE FROM facilitators WHERE owner_address = lower(?1)", [IDS[id]]).unwrap();
            }
            Change::Redate(id, day) => {
                let sql = "UPDATE facilitators SET created_at = ?2 WHERE lower(owner_address) = lower(?1)";
                conn.execute(sql, params![IDS[id], date(day)]).unwrap();
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let id = 0..IDS.len();
    prop_oneof![
        3 => id.clone().prop_map(Change::AddUser),
        1 => id.clone().prop_map(Change::RemoveUser),
        3 => (id.clone(), any::<bool>(), any::<u8>()).prop_map(|(id, exact, day)| Change::AddFacilitator(id, exact, day)),
        1 => id.clone().prop_map(Change::RemoveFacilitators),
        1 => (id, any::<u8>()).prop_map(|(id, day)| Change::Redate(id, day)),
    ]
}

fn circumstance() -> impl Strategy<Value = Circumstance> {
    prop_oneof![
        Just(Circumstance::Own),
        Just(Circumstance::Other),
        Just(Circumstance::RolledBackWithStep),
        Just(Circumstance::CommittedWithStep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_marker_is_right_when_it_is_written(
        indexed in any::<bool>(),
        before in prop::collection::vec(change(), 0..30),
        between in prop::collection::vec((prop::collection::vec(change(), 0..3), circumstance(), 1_u64..4), 0..30),
    ) {
        let file = File::new();
        let (conn, other) = (file.connect(), file.connect());
        if !indexed {
            conn.execute_batch("DROP INDEX idx_facilitators_owner").unwrap();
        }
        before.iter().for_each(|change| change.make(&conn));
        let mut backfill = Backfill::new(&conn).unwrap();
        for (changes, circumstance, max_owners) in between {
            let in_transaction =
                matches!(circumstance, Circumstance::RolledBackWithStep | Circumstance::CommittedWithStep);
            if in_transaction {
                conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            }
            let maker = if circumstance == Circumstance::Other { &other } else { &conn };
            changes.iter().for_each(|change| change.make(maker));

            let already = markers(&conn);
            let result = backfill.step(max_owners).unwrap();
            let right = right_markers(&conn);
            for (user_id, date) in markers(&conn) {
                if !already.contains_key(&user_id) {
                    prop_assert_eq!(right.get(&user_id), Some(&date), "the new marker of {}", user_id);
                }
            }
            prop_assert_eq!(result == StepResult::Done, backfill.progress().remaining == 0);
            if in_transaction {
                let end = if circumstance == Circumstance::CommittedWithStep { "COMMIT" } else { "ROLLBACK" };
                conn.execute_batch(end).unwrap();
            }
        }

        // What came too late for this backfill, or was rolled back, is there for the next one.
        drop(backfill);
        let kept = markers(&conn);
        backfill_facilitator_markers(&conn).unwrap();
        let mut expected = right_markers(&conn);
        expected.extend(kept);
        prop_assert_eq!(markers(&conn), expected);
    }
}
