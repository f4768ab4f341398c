//! A repair of an existing database.

use std::fs;

use serde_json::{Value, json};

use crate::database::{SAMPLE, sample};
use crate::host::SCHEMA;
use crate::json::{Object, objects, texts};
use crate::program::Database;

#[test]
fn after_a_repair_an_audit_finds_only_what_is_for_the_host_to_decide() {
    let database = sample();
    let output = database.audit(&["--repair"]).left_wrong();
    assert_eq!(output.lines().filter(|line| line.starts_with("mended: marker ")).count(), 4, "{output}");
    assert!(output.contains("\nrepaired          4  markers mended now\n"), "{output}");
    let (findings, _) = objects(&database.audit(&["--json-lines"]).left_wrong());
    let mut left: Vec<_> = findings.iter().map(|finding| texts(finding, ["id", "finding"])).collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [
            ["m5", "duplicate"],
            ["m6", "dated_early"],
            ["m7", "not_verified"],
            ["m8", "not_an_owner"],
            ["n1", "orphan"]
        ]
    );
    assert!(findings.iter().all(|finding| finding["mend"] != "repair"), "{findings:?}");

    let before = database.bytes();
    let (told, report) = objects(&database.audit(&["--repair", "--json-lines"]).left_wrong());
    assert_eq!((told.len(), &report["repaired"]), (5, &json!(0)));
    assert_eq!(database.bytes(), before, "there was nothing to write");
}

#[test]
fn a_repair_that_leaves_nothing_wrong_exits_with_0() {
    let others = "DELETE FROM reward_addresses WHERE id NOT IN ('m1', 'm2', 'm3', 'm9')";
    let database = Database::with(&[SCHEMA, SAMPLE, others]);
    let output = database.audit(&["--repair"]).success();
    assert!(output.contains("\nLeft, and what to do:\n\nnothing\n"), "{output}");
}

#[test]
fn json_lines_are_one_object_a_change_and_one_for_what_is_left() {
    let database = sample();
    let (objects, report) = objects(&database.audit(&["--repair", "--json-lines"]).left_wrong());
    let of_kind = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).count();
    assert_eq!((of_kind("change"), of_kind("finding"), objects.len()), (4, 5, 9));
    assert_eq!(
        (&report["repaired"], &report["refused"], &report["dated_late"]),
        (&json!(4), &json!(0), &json!(0))
    );
}

#[test]
fn the_log_has_a_line_for_each_change_with_its_values_and_what_undoes_it() {
    let database = sample();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    let entries: Vec<Object> =
        database.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<_> = entries.iter().map(|entry| texts(entry, ["id"])[0]).collect();
    assert_eq!(ids, ["m1", "m2", "m3", "m9"]);
    assert_eq!(entries[0]["user_id"], "Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao");
    let replaced = json!({"old": "'2026-03-01 09:00:00'", "new": "'2026-01-05 10:00:00'"});
    assert_eq!(entries[0]["created_at"], replaced);
    assert_eq!(entries[0].get("verified_at"), None::<&Value>);
    assert_eq!(entries[2]["verification_status"], json!({"old": "'pending'", "new": "'verified'"}));
    assert_eq!(entries[2]["verified_at"]["old"], "NULL");

    let conn = database.connect();
    for entry in &entries {
        assert_eq!(conn.execute(texts(entry, ["undo"])[0], []).unwrap(), 1, "{entry:?}");
    }
    assert_eq!(database.rows(), before);
}

#[test]
fn a_second_repair_adds_to_the_log_of_the_first() {
    let database = sample();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    let first = database.log();
    let again = "UPDATE reward_addresses SET created_at = '2026-04-01 00:00:00' WHERE id = 'm1'";
    database.connect().execute_batch(again).unwrap();
    database.repair_with_log(&[]).left_wrong();
    let log = database.log();
    let added = log.strip_prefix(&first).expect("what was there is there");
    assert_eq!(added.lines().count(), 1);

    // Of the two changes of the same row, the later one is undone, and the earlier one isn't, since the row was changed in between.
    let output = database.undo(&[]).left_wrong();
    assert!(
        output.contains("\nput_back           4  ") && output.contains("\nchanged_since      1  "),
        "{output}"
    );
    database
        .connect()
        .execute_batch("UPDATE reward_addresses SET created_at = '2026-03-01 09:00:00' WHERE id = 'm1'")
        .unwrap();
    assert_eq!(database.rows(), before);
}

#[test]
fn a_change_that_the_database_refuses_is_a_failure_after_all_others() {
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON reward_addresses WHEN new.id = 'm1'
                  BEGIN SELECT raise(ABORT, 'not this one'); END";
    let database = Database::with(&[SCHEMA, SAMPLE, refuse]);
    let run = database.repair_with_log(&[]);
    let line = run.failure();
    assert!(line.starts_with("audit: ") && line.contains("not this one"), "{run:?}");
    assert!(
        run.stdout.contains("\nrepaired          3  ") && run.stdout.contains("\nrefused           1  "),
        "{run:?}"
    );
    assert!(run.stdout.contains("\ndated_late: marker \"m1\""), "{run:?}");
    assert_eq!(database.log().lines().count(), 3);
}

#[test]
fn a_log_is_made_only_where_it_is_asked_for() {
    let database = sample();
    let folder = database.path().parent().unwrap().to_owned();
    database.audit(&["--repair"]).left_wrong();
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["host.db"]);
}
