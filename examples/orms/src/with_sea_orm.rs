//! Creating a facilitator and its owner's marker in one transaction of sea-orm's.

use sea_orm::ActiveValue::Set;
use sea_orm::sqlx::Connection as _;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::facilitator::{Error, NewFacilitator, accept};

#[allow(missing_docs, reason = "columns of the host's table")]
mod facilitators {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "facilitators")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub subdomain: String,
        pub owner_address: String,
        pub created_at: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Opens the database with these options, after [`register`](crate::sql_function::register).
///
/// # Errors
///
/// If it can't be opened.
pub async fn connect(mut options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    // Where SQLite itself has ended a transaction, as on a full disk, sqlx goes on counting it, takes the next one for a part of
    // it, and never commits that. So nobody may get this connection again.
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_release(|conn, _| {
            Box::pin(async move {
                // A transaction that was dropped has been rolled back when this is answered.
                conn.ping().await?;
                Ok(!conn.is_in_transaction())
            })
        })
    });
    Database::connect(options).await
}

/// Creates both or neither, on a connection of [`connect`].
///
/// # Errors
///
/// If neither was created.
pub async fn create_facilitator(db: &DatabaseConnection, new: &NewFacilitator) -> Result<String, Error> {
    // The wait for another writer then comes first, where there is nothing yet to undo.
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
    let transaction = db.begin_with_options(options).await?;
    let facilitator = facilitators::ActiveModel {
        id: Set(new.id.clone()),
        name: Set(new.subdomain.clone()),
        subdomain: Set(new.subdomain.clone()),
        owner_address: Set(new.owner_address()),
        created_at: Set(new.created_at.clone()),
    };
    facilitator.insert(&transaction).await?;
    // Where this returns early, dropping the transaction rolls it back.
    let outcome = accept(ensure_facilitator_marker(&transaction, &new.owner).await?, new)?;
    transaction.commit().await?;
    Ok(outcome)
}

/// The name of the outcome. SQLite works on the thread that sqlx has for the connection, and keeps no task from running.
async fn ensure_facilitator_marker(db: &impl ConnectionTrait, owner: &str) -> Result<String, DbErr> {
    let sql = "SELECT ensure_facilitator_marker(?) AS outcome";
    let select = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [owner.into()]);
    let row = db.query_one_raw(select).await?.expect("a SELECT without FROM has one row");
    row.try_get("", "outcome")
}
