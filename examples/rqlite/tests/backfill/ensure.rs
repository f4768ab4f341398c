//! Enrolling one user.

use std::ops::ControlFlow;

use facilitator_markers_rqlite::{Enrollment, Error, Markers, Refusal};

use crate::engine::{Clock, Engine, Fate};
use crate::host::{add_facilitator, add_owner, add_reward_address, add_user, in_memory, markers};

fn ensure(engine: &mut Engine<'_>, user_id: &str) -> Result<Enrollment, Error> {
    Markers::new(engine, &Clock::new(), &mut |_| ControlFlow::Continue(())).ensure(user_id)
}

#[test]
fn each_outcome_has_the_librarys_name() {
    let mut engine = Engine::new(in_memory());
    let conn = &engine.conn;
    add_owner(conn, "Ada", "2026-01-21 10:00:00");
    add_user(conn, "Bob");
    add_owner(conn, "Eve", "16/01/2026");
    add_owner(conn, "Dan", "2026-01-21 10:00:00");
    add_user(conn, "dAN");
    for (user_id, name) in [
        ("Ada", "created"),
        ("Ada", "already_enrolled"),
        ("ADA", "already_enrolled"),
        ("Bob", "not_an_owner"),
        ("Eve", "unreadable_date"),
        ("Nobody", "unknown_user"),
        ("dan", "ambiguous_user"),
        ("Dan", "created"),
    ] {
        assert_eq!(ensure(&mut engine, user_id).unwrap().name(), name, "{user_id}");
    }
}

#[test]
fn a_row_in_the_markers_place_or_a_rule_of_the_hosts_refuses_the_one_user() {
    let place = "FACILITATOR_OWNER:Ada";
    for (rule, refusal) in [
        ("", Refusal::Taken),
        ("BEGIN SELECT RAISE(IGNORE)", Refusal::NotKept),
        ("BEGIN SELECT RAISE(ABORT, 'no')", Refusal::TurnedAway { reason: "no".to_owned() }),
    ] {
        let mut engine = Engine::new(in_memory());
        add_owner(&engine.conn, "Ada", "2026-01-21 10:00:00");
        match rule {
            "" => add_reward_address(&engine.conn, place, "Ada", "evm", "0x1"),
            does => {
                let sql = format!("CREATE TRIGGER rule BEFORE INSERT ON reward_addresses {does}; END");
                engine.conn.execute_batch(&sql).unwrap();
            }
        }
        let error = ensure(&mut engine, "Ada").unwrap_err();
        let Error::EnsureRefused(refused) = error else { panic!("{error}") };
        assert_eq!((&*refused.user_id, refused.refusal), ("Ada", refusal));
    }
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again() {
    let mut engine = Engine::with(in_memory(), |call| match call.calls == 0 {
        true => Fate::AnswerLost,
        false => Fate::Answered,
    });
    add_user(&engine.conn, "Ada");
    add_facilitator(&engine.conn, "ada", "2026-01-21 10:00:00");
    assert_eq!(ensure(&mut engine, "Ada").unwrap(), Enrollment::AlreadyEnrolled);
    assert_eq!(markers(&engine.conn).len(), 1);
}
