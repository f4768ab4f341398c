//! A backfill of a sample database.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use facilitator_markers::backfill_facilitator_markers;
use facilitator_markers::rusqlite::{self, Connection};

use crate::database::{Access, Database};
use crate::explain::{self, Source};
use crate::failure::Failure;
use crate::summary::{self, Summary};
use crate::volume::{self, Volume};

pub(crate) fn run(out: &mut impl Write) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(sample)?;
    let path = folder.path().join("host.db");
    let conn = Connection::open(&path).map_err(sample)?;
    create_sample(&conn).map_err(sample)?;
    let database = Database { conn, path, access: Access::Write };
    let conn = &database.conn;

    writeln!(out, "A sample host database. Before the backfill, the platform counts this volume:\n")?;
    volume::write(out, &volumes(conn)?)?;

    let started = Instant::now();
    let report = backfill_facilitator_markers(conn).map_err(sample)?;
    let summary =
        Summary { access: database.access, report, warnings: Vec::new(), elapsed: started.elapsed() };
    writeln!(out, "\nThe backfill:\n")?;
    summary::write_table(out, &summary)?;

    writeln!(out, "\nAfter it, the platform counts this volume:\n")?;
    volume::write(out, &volumes(conn)?)?;
    writeln!(out)?;
    explain::write(out, &database, &Source::Database)?;
    writeln!(
        out,
        "\nOn a database of your own, look first, then enroll:\n\n  \
         cargo run --release --example backfill -- PATH --dry-run --explain\n  \
         cargo run --release --example backfill -- PATH"
    )?;
    Ok(())
}

fn create_sample(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
    conn.execute_batch(include_str!("sample.sql"))
}

fn volumes(conn: &Connection) -> Result<Vec<Volume>, Failure> {
    volume::read(conn).map_err(sample)
}

fn sample(error: impl Error + 'static) -> Failure {
    Failure::Sample(Box::new(error))
}
