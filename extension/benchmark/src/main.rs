//! Times the library's calls from Rust: `backfill DATABASE` prints milliseconds, `ensure DATABASE USER_ID CALLS` prints
//! microseconds for each call.

use std::error::Error;
use std::time::Instant;

use marker_core::rusqlite::{self, Connection};
use marker_core::{backfill_facilitator_markers, ensure_facilitator_marker};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["backfill", database] => {
            let conn = open(database)?;
            let began = Instant::now();
            backfill_facilitator_markers(&conn)?;
            println!("{}", began.elapsed().as_secs_f64() * 1_000.0);
        }
        ["ensure", database, user_id, calls] => {
            let (conn, calls) = (open(database)?, calls.parse::<u32>()?);
            let began = Instant::now();
            for _ in 0..calls {
                assert_eq!(ensure_facilitator_marker(&conn, user_id)?.name(), "already_enrolled");
            }
            println!("{}", began.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(calls));
        }
        ["sqlite"] => println!("{}", rusqlite::version()),
        _ => return Err("usage: backfill DATABASE | ensure DATABASE USER_ID CALLS | sqlite".into()),
    }
    Ok(())
}

/// A connection with the settings that better-sqlite3 comes with.
fn open(database: &str) -> rusqlite::Result<Connection> {
    let conn = Connection::open(database)?;
    conn.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000")?;
    Ok(conn)
}
