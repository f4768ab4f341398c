//! What others change while a backfill runs.

use std::cell::Cell;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::sql;
use facilitator_markers_rqlite::{Client, Failure, Level, Markers};
use serde_json::Value;

use crate::engine::{Clock, Engine, Fate};
use crate::failures::owners;
use crate::host::{add_facilitator, add_owner, add_reward_address, add_user, in_memory, markers};

#[test]
fn owners_added_meanwhile_are_enrolled_wherever_their_id_lies() {
    let mut engine = Engine::with(owners(10), |call| {
        if call.is_write() && call.writes == 1 {
            // Before all, on a page that has been, on one that is to come, and after all.
            for id in ["!First", "Owner0000b", "Owner0009b", "ZZZ", "Éva", "\u{10ffff}\u{10ffff}"] {
                add_owner(call.conn, id, "2026-03-01");
            }
        }
        Fate::Answered
    });
    let report = engine.backfill(4).unwrap();
    // The engine's own count can't tell who of them was written by a page that nobody knew them on.
    assert_eq!((report.owners, report.created + report.already_enrolled), (16, 16));
    assert_eq!(markers(&engine.conn).len(), 16);
}

#[test]
fn an_owner_who_comes_after_the_last_list_is_enrolled_too() {
    let lists = Cell::new(0);
    let mut engine = Engine::with(owners(2), |call| {
        lists.set(lists.get() + usize::from(call.sql == sql::DUE));
        if lists.get() == 2 && call.sql == sql::REPORT {
            add_owner(call.conn, "Late", "2026-03-01");
        }
        Fate::Answered
    });
    let report = engine.backfill(500).unwrap();
    assert_eq!((report.owners, report.created, markers(&engine.conn).len()), (3, 3, 3));
}

#[test]
fn an_owner_whom_somebody_else_enrolls_meanwhile_is_enrolled_once() {
    let mut engine = Engine::with(owners(3), |call| {
        if call.is_write() && call.writes == 0 {
            add_reward_address(call.conn, "m1", "Owner0001", "facilitator", "legacy");
        }
        Fate::Answered
    });
    let report = engine.backfill(500).unwrap();
    assert_eq!((report.owners, report.created + report.already_enrolled), (3, 3));
    assert_eq!(markers(&engine.conn).len(), 3);
}

/// A cluster whose weak reads come from an older copy.
struct Behind<'e> {
    engine: Engine<'e>,
    older: Connection,
}

impl Client for Behind<'_> {
    fn execute(&mut self, sql: &str, values: &[&str]) -> Result<u64, Failure> {
        self.engine.execute(sql, values)
    }

    fn query(&mut self, sql: &str, values: &[&str], level: Level) -> Result<Vec<Vec<Value>>, Failure> {
        if level == Level::Strong {
            return self.engine.query(sql, values, level);
        }
        std::mem::swap(&mut self.engine.conn, &mut self.older);
        let rows = self.engine.query(sql, values, level);
        std::mem::swap(&mut self.engine.conn, &mut self.older);
        rows
    }
}

#[test]
fn bounds_from_an_older_copy_harm_nobody() {
    let five = |conn: &Connection| {
        for (n, id) in ["Ab", "Cd", "Ef", "Gh", "Ij"].iter().enumerate() {
            add_owner(conn, id, &format!("2026-02-0{}", n + 1));
        }
    };
    let (older, newer) = (in_memory(), in_memory());
    five(&older);
    five(&newer);
    newer.execute_batch(r#"DELETE FROM "user" WHERE id = 'Ab'"#).unwrap();
    add_facilitator(&newer, "cd", "2025-01-01");
    add_user(&newer, "eF");
    newer.execute("UPDATE facilitators SET owner_address = 'x' WHERE owner_address = 'gh'", []).unwrap();
    add_reward_address(&newer, "m", "Ij", "facilitator", "legacy");
    add_owner(&newer, "New", "2026-03-01");
    let mut client = Behind { engine: Engine::new(newer), older };
    let clock = Clock::new();
    let mut watch = |_| std::ops::ControlFlow::Continue(());
    let mut backfill = Markers::new(&mut client, &clock, &mut watch);
    backfill.owners_per_page = 2;
    let report = backfill.backfill().unwrap();
    assert_eq!(report.refused, 0);
    let expected =
        [("Cd", "2025-01-01 00:00:00"), ("Ij", "2020-02-02 02:02:02"), ("New", "2026-03-01 00:00:00")];
    let expected = expected.map(|(id, date)| (id.to_owned(), date.to_owned()));
    assert_eq!(markers(&client.engine.conn), expected);
}

#[test]
fn a_leader_that_is_none_any_more_does_not_end_a_backfill_early() {
    // Nobody is due on the older copy.
    let mut client = Behind { engine: Engine::new(owners(3)), older: in_memory() };
    let clock = Clock::new();
    let mut watch = |_| std::ops::ControlFlow::Continue(());
    let report = Markers::new(&mut client, &clock, &mut watch).backfill().unwrap();
    assert_eq!((report.created, markers(&client.engine.conn).len()), (3, 3));
}
