//! The server: a database and an address are its arguments.

use std::env;
use std::error::Error;

use facilitator_markers_async::backfill::{self, BackfillThread};
use facilitator_markers_async::server::router;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::net::TcpListener;
use tokio::signal;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [database, address] = arguments.as_slice() else {
        return Err("give a database and an address, such as: host.db 127.0.0.1:8080".into());
    };
    serve(database, address).await
}

async fn serve(database: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(database)).await?;
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);

    // The server doesn't wait for it.
    let backfill = BackfillThread::start(database.into())?;
    let end = backfill::last(backfill.states());
    tokio::spawn(async { println!("{}", end.await) });

    let app = router(pool.clone(), backfill.states());
    axum::serve(listener, app).with_graceful_shutdown(ctrl_c()).await?;
    backfill.stop().await;
    pool.close().await;
    Ok(())
}

async fn ctrl_c() {
    signal::ctrl_c().await.expect("the operating system tells of Ctrl-C");
}
