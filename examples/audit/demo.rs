//! An audit and a repair of a sample database.

use std::error::Error;
use std::io::Write;

use facilitator_markers::repair_facilitator_markers;
use facilitator_markers::rusqlite::{self, Connection};

use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::findings::{self, Manner};
use crate::volume::{self, WriteError};

pub(crate) fn run(out: &mut impl Write) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(sample)?;
    let path = folder.path().join("host.db");
    let conn = Connection::open(&path).map_err(sample)?;
    create_sample(&conn).map_err(sample)?;
    let database = Database { conn, path, access: Access::Write };
    let manner = Manner { json_lines: false, cost: true };

    writeln!(
        out,
        "A sample host database, whose markers others have written. The platform counts this volume:\n"
    )?;
    write_volumes(out, &database)?;
    writeln!(out, "\nThe audit:\n")?;
    findings::tell(out, &database, manner)?;

    let mut changes = Vec::new();
    repair_facilitator_markers(&database.conn, |change| changes.push(change)).map_err(sample)?;
    changes.sort_by(|one, other| one.marker_id.cmp(&other.marker_id));
    writeln!(out, "\nThe repair:\n")?;
    for change in changes {
        writeln!(out, "{change}")?;
    }

    writeln!(out, "\nAfter it, the platform counts this volume:\n")?;
    write_volumes(out, &database)?;
    writeln!(out, "\nWhat is left, for the host to decide:\n")?;
    findings::tell(out, &database, manner)?;
    writeln!(
        out,
        "\nOn a database of your own, look first, then repair, and undo that if it wasn't meant:\n\n  \
         cargo run --release --example audit -- PATH --cost\n  \
         cargo run --release --example audit -- PATH --repair --undo-log FILE\n  \
         cargo run --release --example audit -- PATH --undo FILE"
    )?;
    Ok(())
}

fn create_sample(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
    conn.execute_batch(include_str!("sample.sql"))
}

fn write_volumes(out: &mut impl Write, database: &Database) -> Result<(), Failure> {
    volume::write_table(out, &database.conn).map_err(|error| match error {
        WriteError::Sqlite(error) => sample(error),
        WriteError::Output(error) => Failure::Output(error),
    })
}

fn sample(error: impl Error + 'static) -> Failure {
    Failure::Sample(Box::new(error))
}
