//! The same without sqlx, on a connection of rusqlite's that tasks share.

use std::sync::{Arc, Mutex, PoisonError};

use facilitator_markers::rusqlite::{Connection, TransactionBehavior};
use facilitator_markers::{Enrollment, ensure_facilitator_marker};
use tokio::task;

use crate::facilitator::{Error, INSERT, NewFacilitator, accept};

/// Creates both or neither.
///
/// # Errors
///
/// If neither was created.
pub async fn create_facilitator(
    conn: Arc<Mutex<Connection>>,
    new: NewFacilitator,
) -> Result<Enrollment, Error> {
    let create = move || {
        // A task that panicked has rolled its transaction back.
        let mut conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(INSERT, (&new.id, &new.subdomain, new.owner_address(), &new.created_at))?;
        let enrollment = accept(ensure_facilitator_marker(&transaction, &new.owner)?, &new)?;
        transaction.commit()?;
        Ok(enrollment)
    };
    task::spawn_blocking(create).await.expect("nothing in it panics, and nobody aborts it")
}
