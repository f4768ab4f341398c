//! Calls that have nothing to write.

use facilitator_markers::rusqlite::{Connection, OpenFlags, ffi};
use facilitator_markers::{backfill_facilitator_markers, preview_facilitator_markers};

use crate::host::File;
use crate::{WRITING_CALLS, add_every_kind_of_owner, calls_with_nothing_to_write};

#[test]
fn a_call_with_nothing_to_write_changes_no_byte_and_needs_no_write_lock() {
    let file = File::new();
    let conn = file.connect();
    add_every_kind_of_owner(&conn);
    backfill_facilitator_markers(&conn).unwrap();
    let writer = file.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = file.bytes();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("BEGIN").unwrap();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("COMMIT").unwrap();
    assert!(file.bytes() == before, "the file or its WAL has changed");
}

#[test]
fn a_read_only_connection_can_do_what_needs_no_writing() {
    let file = File::new();
    let conn = file.connect();
    add_every_kind_of_owner(&conn);
    let reader = Connection::open_with_flags(file.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(preview_facilitator_markers(&reader).unwrap().report.created, 1);
    for (call, run) in WRITING_CALLS {
        let error = run(&reader).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_READONLY, "{call}: {error}");
        assert!(error.to_string().contains("open the database for writing"), "{call}: {error}");
        assert!(reader.is_autocommit(), "{call}");
    }
    backfill_facilitator_markers(&conn).unwrap();
    calls_with_nothing_to_write(&reader);
}
