//! Requests that come while the backfill runs.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use facilitator_markers::rusqlite::Connection;
use facilitator_markers_async::backfill::{BackfillThread, State, last};
use facilitator_markers_async::server::router;
use http_body_util::BodyExt;
use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tower::ServiceExt;

use crate::host::{File, add_owner, add_user};

const OWNERS: u32 = 4_000;

async fn answer(app: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn health(app: &Router) -> String {
    answer(app, Request::get("/health").body(Body::empty()).unwrap()).await.1
}

async fn create(app: &Router, id: &str, owner: &str) -> (StatusCode, String) {
    let new = json!({ "id": id, "subdomain": id, "owner": owner, "created_at": "2026-03-01T09:30:00.250Z" });
    let request = Request::post("/facilitators").header("content-type", "application/json");
    answer(app, request.body(Body::from(new.to_string())).unwrap()).await
}

/// A host that settles a payment whenever it is told to. Gives how many.
fn settle_payments(conn: &Connection, told: mpsc::Receiver<()>) -> usize {
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql = "INSERT INTO transactions(id, facilitator_id, type, network, amount, status)
               SELECT hex(randomblob(8)), min(id), 'settle', 'base', '1000000', 'success' FROM facilitators";
    told.iter().map(|()| conn.execute(sql, []).unwrap()).sum()
}

/// Owners without a marker with the earliest date of their facilitators.
fn wrong(conn: &Connection) -> u32 {
    let sql = "SELECT count(*) FROM \"user\" WHERE NOT EXISTS (
                   SELECT 1 FROM reward_addresses WHERE user_id = \"user\".id AND +chain_type = 'facilitator'
                   AND created_at = (SELECT min(substr(replace(created_at, 'T', ' '), 1, 19))
                                     FROM facilitators WHERE owner_address = lower(\"user\".id)))";
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_and_others_write_while_the_backfill_enrolls_everybody() {
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch("BEGIN").unwrap();
    for number in 0..OWNERS {
        add_owner(&conn, &format!("User{number:05}"), "2026-01-21 10:00:00");
        add_user(&conn, format!("New{number:05}"));
    }
    conn.execute_batch("COMMIT; BEGIN IMMEDIATE").unwrap();

    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file.path())).await.unwrap();
    let backfill = BackfillThread::start(file.path()).unwrap();
    let app = router(pool, backfill.states());
    // As long as somebody else writes, the backfill can't; the server answers.
    backfill.states().wait_for(|state| matches!(state, State::Waiting(_))).await.unwrap();
    let waiting = health(&app).await;
    assert!(waiting.starts_with("backfill waits: "), "{waiting}");
    conn.execute_batch("COMMIT").unwrap();

    let other = file.connect();
    let (settle, told) = mpsc::channel();
    let payments = thread::spawn(move || settle_payments(&other, told));
    let mut states = backfill.states();
    let (mut created, mut created_meanwhile) = (0, 0);
    while !states.borrow_and_update().is_last() {
        settle.send(()).unwrap();
        let id = format!("New{created:05}");
        assert_eq!(create(&app, &id, &id).await, (StatusCode::CREATED, "created".to_owned()));
        created += 1;
        let nobody = create(&app, "nobody's", "nobody").await;
        assert_eq!(nobody.0, StatusCode::NOT_FOUND, "{}", nobody.1);
        if !states.borrow().is_last() {
            created_meanwhile = created;
            states.changed().await.unwrap();
        }
    }
    drop(settle);
    assert_eq!(payments.join().unwrap(), usize::try_from(created).unwrap());
    assert!(created_meanwhile > 0, "the backfill left nobody a moment");

    let State::Finished(report) = last(backfill.states()).await else { panic!("it isn't finished") };
    // Of the new owners it may have met some, who were enrolled already.
    assert_eq!(report.created, u64::from(OWNERS));
    assert_eq!(health(&app).await, State::Finished(report).to_string());
    assert_eq!(wrong(&conn), OWNERS - created);
    let nobody: u32 = conn
        .query_row("SELECT count(*) FROM facilitators WHERE id = 'nobody''s'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(nobody, 0);
}
