//! Steps of every size.

use std::time::Duration;

use facilitator_markers::{Backfill, Progress, StepResult, backfill_facilitator_markers};

use crate::host::{add_facilitator, add_owner, add_reward_address, add_user, in_memory};
use crate::{markers, right_markers};
use facilitator_markers::rusqlite::Connection;

fn some_of_everything() -> Connection {
    let conn = in_memory();
    for number in 0..180 {
        add_owner(&conn, &format!("User{number}"), "2026-01-21 00:00:00");
        add_facilitator(&conn, format!("user{number}"), "2026-01-20 00:00:00");
        add_user(&conn, format!("NoOwner{number}"));
        add_facilitator(&conn, format!("gone{number}"), "2026-01-20 00:00:00");
    }
    for number in 0..20 {
        let id = format!("User{number}");
        add_reward_address(&conn, &id, &id, "facilitator", "0x1");
    }
    conn
}

#[test]
fn steps_of_every_size_come_to_what_one_call_comes_to() {
    let one_call = some_of_everything();
    let report = backfill_facilitator_markers(&one_call).unwrap();
    assert_eq!((report.owners, report.created, report.unknown_users), (180, 160, 180));
    for max_owners in (1..10).chain([49, 50, 51, 99, 100, 101, 160, 0, u64::MAX]) {
        let conn = some_of_everything();
        let mut backfill = Backfill::new(&conn).unwrap();
        let (mut visited, mut created) = (0, 0);
        loop {
            let result = backfill.step(max_owners).unwrap();
            let progress = backfill.progress();
            assert!(progress.owners_visited - visited <= max_owners.max(1), "a step of {max_owners}");
            assert_eq!(progress.owners_visited, progress.report.owners);
            assert_eq!(progress.report, backfill.report());
            assert!(progress.owners_visited + progress.remaining >= 180, "an upper bound");
            assert_eq!(markers(&conn).len() as u64, 20 + progress.report.created);
            assert!(progress.report.created >= created);
            (visited, created) = (progress.owners_visited, progress.report.created);
            assert_eq!(result == StepResult::Done, progress.remaining == 0);
            if result == StepResult::Done {
                break;
            }
        }
        assert_eq!(backfill.report(), report, "steps of {max_owners}");
        assert_eq!(backfill.step(max_owners).unwrap(), StepResult::Done, "and it stays so");
        assert_eq!(markers(&conn), markers(&one_call));
    }
}

#[test]
fn run_to_completion_tells_of_every_step() {
    let conn = some_of_everything();
    let mut told = Vec::new();
    let report = Backfill::new(&conn)
        .unwrap()
        .run_to_completion(10, Duration::ZERO, Some(|progress: Progress| told.push(progress)))
        .unwrap();
    assert_eq!(report.created, 160);
    assert_eq!(told.last().map(|progress| (progress.remaining, progress.report)), Some((0, report)));
    // A step may meet nothing but addresses that mean no user.
    assert!(told.windows(2).all(|pair| pair[0].remaining >= pair[1].remaining));
    assert!(told.windows(2).all(|pair| pair[0].owners_visited <= pair[1].owners_visited));
    assert!(told.len() >= 6);
}

#[test]
fn dropping_a_backfill_anywhere_leaves_the_rest_to_the_next() {
    for steps in 0..40 {
        let conn = some_of_everything();
        let mut expected = right_markers(&conn);
        expected.extend(markers(&conn));
        let mut backfill = Backfill::new(&conn).unwrap();
        for _ in 0..steps {
            let _ = backfill.step(9).unwrap();
        }
        let created = backfill.report().created;
        drop(backfill);
        assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 160 - created);
        assert_eq!(markers(&conn), expected);
    }
}
