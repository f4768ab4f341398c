//! The backfill beside a program that uses an ORM.

use facilitator_markers_orms::backfill;

use crate::host::{File, add_owner, markers};

#[test]
fn everybody_is_enrolled_when_the_program_starts() {
    let file = File::new();
    let conn = file.connect();
    add_owner(&conn, "Ada", "2026-01-21 10:00:00");
    add_owner(&conn, "Bob", "2026-03-01 09:30:00");
    let report = backfill::start(file.path()).unwrap().join().unwrap().unwrap();
    assert_eq!((report.owners, report.created), (2, 2));
    let of = |id: &str, date: &str| (id.to_owned(), date.to_owned());
    assert_eq!(markers(&conn), [of("Ada", "2026-01-21 10:00:00"), of("Bob", "2026-03-01 09:30:00")]);
}

#[test]
fn a_wrong_path_is_an_error_and_no_new_database() {
    let file = File::new();
    let nowhere = file.path().with_file_name("none.db");
    backfill::start(nowhere.clone()).unwrap().join().unwrap().unwrap_err();
    assert!(!nowhere.exists());
}
