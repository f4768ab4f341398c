//! Creating a facilitator and its owner's marker, with sqlx and with rusqlite.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Enrollment, Error as MarkerError};
use facilitator_markers_async::facilitator::{Error, NewFacilitator};
use facilitator_markers_async::{with_rusqlite, with_sqlx};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::host::{File, add_user, markers};

const DAY: &str = "2026-01-21 10:00:00";

/// One connection, so that whatever a call leaves on it is met by the next.
async fn pool(file: &File) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(file.path());
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

fn new(id: &str, owner: &str) -> NewFacilitator {
    NewFacilitator {
        id: id.to_owned(),
        subdomain: id.to_owned(),
        owner: owner.to_owned(),
        created_at: DAY.to_owned(),
    }
}

fn facilitators(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT id FROM facilitators ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// What is created on either kind of connection, by the same requests.
async fn both_or_neither(file: &File, create: impl AsyncFn(NewFacilitator) -> Result<Enrollment, Error>) {
    let conn = file.connect();
    for id in ["Ada", "Dan", "DAN"] {
        add_user(&conn, id);
    }
    assert_eq!(create(new("f1", "Ada")).await.unwrap().name(), "created");
    assert_eq!(create(new("f2", "ada")).await.unwrap().name(), "already_enrolled");
    assert_eq!(create(new("f3", "dan")).await.unwrap().name(), "ambiguous_user");
    let unknown = create(new("f4", "Eve")).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownOwner(_)), "{unknown}");
    assert!(create(new("f1", "DAN")).await.is_err(), "there is one with this id");
    assert_eq!(facilitators(&conn), ["f1", "f2", "f3"]);
    assert_eq!(markers(&conn), [("Ada".to_owned(), DAY.to_owned())]);

    // A transaction that was dropped rolls back soon.
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    // Where the marker can't be written, there is no facilitator either.
    conn.execute_batch(
        "CREATE TRIGGER no BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ABORT, 'no markers today'); END",
    )
    .unwrap();
    create(new("f5", "Dan")).await.unwrap_err();
    assert_eq!(facilitators(&conn), ["f1", "f2", "f3"]);
    assert_eq!(markers(&conn).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlx_creates_both_or_neither() {
    let file = File::new();
    let pool = pool(&file).await;
    both_or_neither(&file, async |new| with_sqlx::create_facilitator(&pool, &new).await).await;
}

#[tokio::test]
async fn rusqlite_creates_both_or_neither() {
    let file = File::new();
    let conn = Arc::new(Mutex::new(file.connect()));
    both_or_neither(&file, async |new| with_rusqlite::create_facilitator(Arc::clone(&conn), new).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_one_without_the_other() {
    let file = File::new();
    let conn = file.connect();
    let pool = pool(&file).await;
    for number in 0..50 {
        add_user(&conn, format!("User{number}"));
    }
    let writer = tokio::spawn(async move {
        for number in 0..50 {
            with_sqlx::create_facilitator(&pool, &new(&format!("f{number}"), &format!("User{number}")))
                .await
                .unwrap();
        }
    });
    let both = "SELECT (SELECT count(*) FROM facilitators), (SELECT count(*) FROM reward_addresses)";
    loop {
        let counts: (u32, u32) = conn.query_row(both, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(counts.0, counts.1);
        if counts.0 == 50 {
            break;
        }
        tokio::task::yield_now().await;
        assert!(!writer.is_finished() || counts.0 > 0, "the writer has failed");
    }
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_works_on_after_sqlite_ended_the_transaction() {
    let file = File::new();
    let conn = file.connect();
    let pool = pool(&file).await;
    add_user(&conn, "Ada");
    conn.execute_batch(
        "CREATE TRIGGER no BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ROLLBACK, 'no markers today'); END",
    )
    .unwrap();
    let ended = with_sqlx::create_facilitator(&pool, &new("f1", "Ada")).await.unwrap_err();
    assert!(matches!(ended, Error::Marker(MarkerError::TransactionEnded { .. })), "{ended}");
    assert!(facilitators(&conn).is_empty());

    conn.execute_batch("DROP TRIGGER no").unwrap();
    let created = with_sqlx::create_facilitator(&pool, &new("f1", "Ada")).await.unwrap();
    assert_eq!(created.name(), "created");
    assert_eq!(facilitators(&conn), ["f1"]);
}
