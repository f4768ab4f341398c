//! What the server answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sqlx::SqlitePool;
use tokio::sync::watch;

use crate::backfill;
use crate::facilitator::{Error, NewFacilitator};
use crate::with_sqlx::create_facilitator;

/// `POST /facilitators` creates one; `GET /health` tells where the backfill is.
pub fn router(pool: SqlitePool, backfill: watch::Receiver<backfill::State>) -> Router {
    Router::new()
        .route("/facilitators", post(create).with_state(pool))
        .route("/health", get(health).with_state(backfill))
}

async fn health(State(backfill): State<watch::Receiver<backfill::State>>) -> String {
    backfill.borrow().to_string()
}

async fn create(State(pool): State<SqlitePool>, Json(new): Json<NewFacilitator>) -> (StatusCode, String) {
    match create_facilitator(&pool, &new).await {
        Ok(enrollment) => (StatusCode::CREATED, enrollment.name().to_owned()),
        Err(error @ Error::UnknownOwner(_)) => (StatusCode::NOT_FOUND, error.to_string()),
        Err(error) => {
            eprintln!("facilitator {:?}: {error}", new.id);
            (StatusCode::INTERNAL_SERVER_ERROR, "try again later".to_owned())
        }
    }
}
