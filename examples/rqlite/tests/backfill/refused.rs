//! Markers that a rule of the host's turns away.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::sql;
use facilitator_markers_rqlite::{Error, Refusal, RefusedOwner, Report};

use crate::engine::{Engine, Fate};
use crate::failures::owners;
use crate::host::{add_facilitator, add_owner, add_reward_address, add_user, markers};

#[track_caller]
fn refused(error: Error) -> (Report, Vec<RefusedOwner>) {
    match error {
        Error::MarkerRefused { report, refused } => {
            let Report { owners, created, already_enrolled, unreadable_date, .. } = report;
            assert_eq!(owners, created + already_enrolled + unreadable_date + report.refused);
            assert_eq!(report.refused, refused.len() as u64);
            (report, refused)
        }
        error => panic!("{error}"),
    }
}

fn trigger(conn: &Connection, when: &str, does: &str) {
    let sql = format!("CREATE TRIGGER rule {when} INSERT ON reward_addresses WHEN {does}; END");
    conn.execute_batch(&sql).unwrap();
}

#[test]
fn one_owner_whom_a_check_refuses_costs_no_other_the_marker() {
    let conn = owners(50);
    trigger(&conn, "BEFORE", "NEW.user_id = 'Owner0017' BEGIN SELECT RAISE(ABORT, 'not this one')");
    let mut engine = Engine::new(conn);
    let error = engine.backfill(20).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 marker is refused: for user \"Owner0017\", the database turned the row away: not this one; change the rule or \
         what it objects to, then try again"
    );
    let (report, refused) = refused(error);
    assert_eq!((report.created, report.refused, report.owners), (49, 1, 50));
    assert_eq!(refused[0].refusal, Refusal::TurnedAway { reason: "not this one".to_owned() });
    assert_eq!(markers(&engine.conn).len(), 49);
}

#[test]
fn a_row_that_a_trigger_ignores_or_deletes_is_refused_and_the_others_stay() {
    for (when, does) in [
        ("BEFORE", "NEW.user_id = 'Owner0017' BEGIN SELECT RAISE(IGNORE)"),
        ("AFTER", "NEW.user_id = 'Owner0017' BEGIN DELETE FROM reward_addresses WHERE id = NEW.id"),
    ] {
        let conn = owners(50);
        trigger(&conn, when, does);
        let mut engine = Engine::new(conn);
        let (report, refused) = refused(engine.backfill(20).unwrap_err());
        assert_eq!((report.created, report.refused, report.owners), (49, 1, 50));
        assert_eq!((&*refused[0].user_id, &refused[0].refusal), ("Owner0017", &Refusal::NotKept));
        assert_eq!(markers(&engine.conn).len(), 49);
    }
}

#[test]
fn a_marker_whose_place_is_taken_is_refused_as_the_library_refuses_it() {
    let conn = owners(3);
    add_reward_address(&conn, "FACILITATOR_OWNER:Owner0000", "Owner0002", "evm", "0x1");
    add_reward_address(&conn, "w1", "Owner0001", "evm", "FACILITATOR_OWNER:Owner0001");
    let mut engine = Engine::new(conn);
    let error = engine.backfill(500).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("2 markers are refused, the first: for user \"Owner0000\", another row")
    );
    let (report, refused) = refused(error);
    assert_eq!((report.created, report.refused), (1, 2));
    assert!(refused.iter().all(|owner| owner.refusal == Refusal::Taken));
}

/// An engine that is there and refuses every page but that of the first owner alone, or that one too.
fn refusing(takes_the_first: bool) -> Engine<'static> {
    Engine::with(owners(1_100), move |call| match call.is_write() {
        true if takes_the_first && call.values[1..] == ["", "Owner0001"] => Fate::Answered,
        true => Fate::Unsent,
        false => Fate::Answered,
    })
}

#[test]
fn a_thousand_refused_with_none_written_are_the_schema() {
    let mut engine = refusing(false);
    let error = engine.backfill(500).unwrap_err();
    let Error::Schema { first } = &error else { panic!("{error}") };
    assert_eq!(first.user_id, "Owner0000");
    assert!(error.to_string().contains("connection refused"), "{error}");
    // The last hundred were not tried.
    assert!(engine.writes < 2 * 2 * 1_100);
}

#[test]
fn a_thousand_refused_beside_one_that_was_written_are_a_thousand_owners() {
    let (report, _) = refused(refusing(true).backfill(500).unwrap_err());
    assert_eq!((report.created, report.refused), (1, 1_099));
}

#[test]
fn a_newcomer_who_is_refused_costs_the_owner_of_the_same_page_nothing() {
    let conn = owners(3);
    trigger(&conn, "BEFORE", "NEW.user_id = 'Owner0001b' BEGIN SELECT RAISE(ABORT, 'not this one')");
    let mut engine = Engine::with(conn, |call| {
        if call.is_write() && call.writes == 0 {
            add_user(call.conn, "Owner0001b");
            add_facilitator(call.conn, "owner0001b", "2026-02-02");
        }
        Fate::Answered
    });
    let (report, refused) = refused(engine.backfill(500).unwrap_err());
    assert_eq!((report.created, report.refused), (3, 1));
    assert_eq!(refused[0].user_id, "Owner0001b");
}

#[test]
fn an_owner_who_is_refused_and_gone_at_the_end_is_not_listed() {
    let conn = owners(3);
    trigger(&conn, "BEFORE", "NEW.user_id > 'Owner0000' BEGIN SELECT RAISE(ABORT, 'not these')");
    let mut engine = Engine::with(conn, |call| {
        if call.sql == sql::DUE && call.writes > 0 {
            call.conn.execute("DELETE FROM facilitators WHERE owner_address = 'owner0001'", []).unwrap();
        }
        Fate::Answered
    });
    let (report, refused) = refused(engine.backfill(1).unwrap_err());
    assert_eq!((report.owners, report.created), (2, 1));
    assert_eq!(refused[0].user_id, "Owner0002");
}

#[test]
fn an_owner_whose_rule_is_mended_meanwhile_is_enrolled_by_the_next_backfill() {
    let conn = owners(3);
    add_owner(&conn, "Zoe", "16/01/2026");
    trigger(&conn, "BEFORE", "NEW.user_id = 'Owner0001' BEGIN SELECT RAISE(ABORT, 'not this one')");
    let mut engine = Engine::new(conn);
    let (report, _) = refused(engine.backfill(500).unwrap_err());
    assert_eq!((report.owners, report.unreadable_date), (4, 1));
    engine.conn.execute_batch("DROP TRIGGER rule").unwrap();
    let report = engine.backfill(500).unwrap();
    assert_eq!((report.created, report.already_enrolled, report.unreadable_date), (1, 2, 1));
}
