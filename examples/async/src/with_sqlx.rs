//! Creating a facilitator and its owner's marker in one transaction of sqlx's.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Enrollment, ensure_facilitator_marker};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::task;

use crate::facilitator::{Error, INSERT, NewFacilitator, accept};

/// Creates both or neither.
///
/// # Errors
///
/// If neither was created.
pub async fn create_facilitator(pool: &SqlitePool, new: &NewFacilitator) -> Result<Enrollment, Error> {
    let mut conn = pool.acquire().await?;
    let result = create_on(&mut conn, new).await;
    if let Err(Error::Marker(facilitator_markers::Error::TransactionEnded { .. })) = result {
        // sqlx goes on counting the transaction that SQLite has ended, so nobody may get this connection again.
        conn.close_on_drop();
    }
    result
}

async fn create_on(conn: &mut SqliteConnection, new: &NewFacilitator) -> Result<Enrollment, Error> {
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(INSERT)
        .bind(&new.id)
        .bind(&new.subdomain)
        .bind(new.owner_address())
        .bind(&new.created_at)
        .execute(&mut *transaction)
        .await?;
    // Where this returns early, dropping the transaction rolls it back.
    let enrollment = accept(ensure_on(&mut transaction, &new.owner).await?, new)?;
    transaction.commit().await?;
    Ok(enrollment)
}

/// Ensures the marker on a connection of sqlx's, in the transaction that is open on it.
async fn ensure_on(conn: &mut SqliteConnection, owner: &str) -> Result<Enrollment, Error> {
    let mut locked = conn.lock_handle().await?;
    // SQLite blocks the thread: the other tasks are moved away from it first.
    task::block_in_place(|| {
        // SAFETY: the handle is open, and `locked`, which outlives the connection that is made of it, keeps
        // sqlx from using and from closing it meanwhile. Nothing in between awaits, so no other thread gets at
        // it, and nothing cancels this halfway. Dropping the connection finalizes its statements and leaves
        // the handle open. Both crates call the same copy of SQLite, as they have one libsqlite3-sys.
        let borrowed = unsafe { Connection::from_handle(locked.as_raw_handle().as_ptr()) }?;
        Ok(ensure_facilitator_marker(&borrowed, owner)?)
    })
}
