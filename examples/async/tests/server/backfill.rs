//! The backfill's thread, without a server.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers_async::backfill::{BackfillThread, State, last};

use crate::host::{File, add_owner, markers};

const DAY: &str = "2026-01-21 10:00:00";

fn database(owners: usize) -> (File, Connection) {
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch("BEGIN").unwrap();
    for number in 0..owners {
        add_owner(&conn, &format!("User{number:05}"), DAY);
    }
    conn.execute_batch("COMMIT").unwrap();
    (file, conn)
}

#[tokio::test]
async fn it_waits_for_another_writer_and_enrolls_all_then() {
    let (file, other) = database(1200);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let backfill = BackfillThread::start(file.path()).unwrap();
    backfill.states().wait_for(|state| matches!(state, State::Waiting(_))).await.unwrap();
    assert_eq!(markers(&other), []);
    other.execute_batch("COMMIT").unwrap();
    let State::Finished(report) = last(backfill.states()).await else { panic!("it isn't finished") };
    assert_eq!((report.owners, report.created), (1200, 1200));
    assert_eq!(markers(&other).len(), 1200);
}

#[tokio::test]
async fn a_stopped_one_has_closed_its_connection_and_the_next_does_the_rest() {
    let (file, other) = database(600);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let backfill = BackfillThread::start(file.path()).unwrap();
    backfill.states().wait_for(|state| matches!(state, State::Waiting(_))).await.unwrap();
    assert_eq!(backfill.stop().await, State::Stopped);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(markers(&other), []);
    // The last connection to a WAL takes it away.
    drop(other);
    assert!(!file.path().with_extension("db-wal").exists(), "somebody is still connected");

    let again = BackfillThread::start(file.path()).unwrap();
    let State::Finished(report) = last(again.states()).await else { panic!("it isn't finished") };
    assert_eq!(report.created, 600);
    assert_eq!(again.stop().await, State::Finished(report), "it has ended before");
}

#[tokio::test]
async fn it_ends_when_nobody_holds_it() {
    let (file, other) = database(1);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let backfill = BackfillThread::start(file.path()).unwrap();
    let states = backfill.states();
    drop(backfill);
    assert_eq!(last(states).await, State::Stopped);
}

#[tokio::test]
async fn a_failure_is_told() {
    let (file, conn) = database(1);
    conn.execute_batch("DROP TABLE transactions; DROP TABLE facilitators").unwrap();
    let backfill = BackfillThread::start(file.path()).unwrap();
    let State::Failed(error) = last(backfill.states()).await else { panic!("it hasn't failed") };
    assert!(error.contains("table facilitators"), "{error}");

    let nowhere = BackfillThread::start(file.path().with_file_name("none.db")).unwrap();
    assert!(matches!(last(nowhere.states()).await, State::Failed(_)));
    assert!(!file.path().with_file_name("none.db").exists(), "an empty database was created");
}
