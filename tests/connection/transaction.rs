//! The host's transaction, and the library's own.

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{self, Connection, ffi};
use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker,
};

use crate::host::{File, add_owner, add_reward_address, add_user, in_memory, markers};
use crate::{DAY, WRITING_CALLS, count};

#[test]
fn in_autocommit_mode_each_call_is_committed_when_it_returns() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let conn = file.connect();
        add_owner(&conn, "Ada", DAY);
        run(&conn).unwrap();
        assert!(conn.is_autocommit(), "{call}");
        assert_eq!(markers(&file.connect()).len(), 1, "{call}");
    }
}

#[test]
fn the_hosts_rollback_undoes_a_call_and_its_commit_keeps_it() {
    for (call, run) in WRITING_CALLS {
        for (end, kept) in [("ROLLBACK", 0), ("COMMIT", 1)] {
            let file = File::new();
            let conn = file.connect();
            conn.execute_batch("BEGIN").unwrap();
            add_owner(&conn, "Ada", DAY);
            run(&conn).unwrap();
            assert!(!conn.is_autocommit(), "{call}");
            assert_eq!(markers(&conn).len(), 1, "{call}");
            assert_eq!(markers(&file.connect()).len(), 0, "{call}: not committed by the call");
            conn.execute_batch(end).unwrap();
            assert_eq!(markers(&file.connect()).len(), kept, "{call}: {end}");
        }
    }
}

#[test]
fn a_savepoint_of_the_hosts_with_the_same_name_stays_the_hosts() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        conn.execute_batch("SAVEPOINT facilitator_markers").unwrap();
        add_owner(&conn, "Ada", DAY);
        run(&conn).unwrap();
        conn.execute_batch("ROLLBACK TO facilitator_markers").unwrap();
        assert_eq!(count(&conn, "facilitators") + count(&conn, "reward_addresses"), 0, "{call}");
        conn.execute_batch("RELEASE facilitator_markers").unwrap();
        assert!(conn.is_autocommit(), "{call}");
    }
}

#[test]
fn a_refused_marker_undoes_nothing_that_came_after_any_savepoint_of_the_hosts() {
    for raise in ["raise(ABORT, 'no')", "raise(FAIL, 'no')"] {
        for (call, run) in WRITING_CALLS {
            let conn = in_memory();
            conn.execute_batch(&format!(
                "CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT {raise}; END;
                 SAVEPOINT facilitator_markers; SAVEPOINT facilitator_markers_attempt"
            ))
            .unwrap();
            add_owner(&conn, "Ada", DAY);
            let error = run(&conn).unwrap_err();
            assert!(matches!(error, Error::MarkerRefused { .. }), "{call}: {error}");
            assert_eq!(count(&conn, "facilitators"), 1, "{call}");
        }
    }
}

/// A database in which the trigger `fail` answers the marker of Cid, the third of four owners.
fn failing_at_cid(raise: &str) -> Connection {
    let conn = in_memory();
    conn.execute_batch(&format!(
        "CREATE TABLE noted(user_id TEXT);
         CREATE TRIGGER note AFTER INSERT ON reward_addresses BEGIN
             INSERT INTO noted VALUES (new.user_id);
             SELECT {raise} WHERE new.user_id = 'Cid';
         END;"
    ))
    .unwrap();
    for id in ["Ada", "Bob", "Cid", "Dan"] {
        add_owner(&conn, id, DAY);
    }
    conn
}

#[test]
fn in_the_hosts_transaction_a_failing_call_undoes_its_own_work_only() {
    for raise in ["raise(ABORT, 'no')", "raise(FAIL, 'no')"] {
        let conn = failing_at_cid(raise);
        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        ensure_facilitator_marker(&conn, "Dan").unwrap();
        for result in [
            ensure_facilitator_marker(&conn, "Cid").map(drop),
            create_facilitator_marker(&conn, "Cid", DAY).map(drop),
            backfill_facilitator_markers(&conn).map(drop),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{raise}: {error}");
            assert!(!conn.is_autocommit());
            assert_eq!(markers(&conn).len() as i64, count(&conn, "noted"), "{raise}: nothing of Cid's");
        }
        assert_eq!(markers(&conn).len(), 3, "{raise}");
        conn.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&conn, "\"user\""), 5);
    }
}

#[test]
fn in_autocommit_mode_only_the_step_that_failed_is_undone() {
    let conn = failing_at_cid("stumble()");
    // A failure that isn't the row's.
    let stumble = || Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), None));
    conn.create_scalar_function("stumble", 0, FunctionFlags::default(), move |_| {
        stumble() as rusqlite::Result<i64>
    })
    .unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    let error = loop {
        match backfill.step(1) {
            Ok(result) => assert_eq!(result, StepResult::More),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), ffi::SQLITE_AUTH);
    assert!(conn.is_autocommit());
    assert_eq!((markers(&conn).len(), count(&conn, "noted")), (2, 2));
    assert_eq!(backfill.report().created, 2);

    // The same step again, and then the rest.
    assert!(backfill.step(1).is_err());
    conn.execute_batch("DROP TRIGGER note").unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
    assert_eq!((backfill.report().owners, backfill.report().created), (4, 4));
}

#[test]
fn refused_markers_do_not_undo_the_others_in_the_hosts_transaction() {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    add_owner(&conn, "Bob", DAY);
    add_reward_address(&conn, "w", "Ada", "evm", "FACILITATOR_OWNER:Ada");
    conn.execute_batch("BEGIN").unwrap();
    assert!(matches!(backfill_facilitator_markers(&conn), Err(Error::MarkerRefused { count: 1, .. })));
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!(markers(&conn).len(), 1);
}

#[test]
fn where_sqlite_ends_the_hosts_transaction_the_error_says_so() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch(
            "CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT raise(ROLLBACK, 'no'); END",
        )
        .unwrap();
        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        let error = run(&conn).unwrap_err();
        assert!(matches!(error, Error::TransactionEnded { .. }), "{call}: {error:?}");
        assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{call}");
        assert!(error.to_string().ends_with("begin it again"), "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");

        // In autocommit mode there is no transaction of the host's to speak of.
        let error = run(&conn).unwrap_err();
        assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{call}: {error:?}");
        assert!(conn.is_autocommit(), "{call}");
    }
}
