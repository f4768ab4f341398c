//! Creating a facilitator and its owner's marker in one transaction of diesel's.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::facilitator::{Error, NewFacilitator, accept};

diesel::table! {
    #[allow(missing_docs, reason = "columns of the host's table")]
    facilitators (id) {
        id -> Text,
        name -> Text,
        subdomain -> Text,
        owner_address -> Text,
        created_at -> Text,
    }
}

diesel::define_sql_function! {
    /// The name of the outcome.
    fn ensure_facilitator_marker(user_id: Text) -> Text;
}

/// Creates both or neither, on a connection that was opened after [`register`](crate::sql_function::register).
///
/// # Errors
///
/// If neither was created.
pub fn create_facilitator(conn: &mut SqliteConnection, new: &NewFacilitator) -> Result<String, Error> {
    conn.immediate_transaction(|conn| {
        diesel::insert_into(facilitators::table)
            .values((
                facilitators::id.eq(&new.id),
                facilitators::name.eq(&new.subdomain),
                facilitators::subdomain.eq(&new.subdomain),
                facilitators::owner_address.eq(new.owner_address()),
                facilitators::created_at.eq(&new.created_at),
            ))
            .execute(conn)?;
        // Where this returns an error, diesel rolls back.
        accept(diesel::select(ensure_facilitator_marker(&new.owner)).get_result(conn)?, new)
    })
}
