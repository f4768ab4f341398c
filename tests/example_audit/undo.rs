//! Undoing a repair, and the log that it is undone with.

use std::fs;

use serde_json::json;

use crate::database::sample;
use crate::json::{objects, texts};

#[test]
fn undoing_gives_the_rows_back_byte_for_byte_the_last_change_first() {
    let database = sample();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    assert_ne!(database.rows(), before);
    let (rows, report) = objects(&database.undo(&["--json-lines"]).success());
    let told: Vec<_> = rows.iter().map(|row| texts(row, ["kind", "id", "outcome"])).collect();
    assert_eq!(told, ["m9", "m3", "m2", "m1"].map(|id| ["undo", id, "put_back"]));
    assert_eq!((&report["put_back"], &report["changed_since"]), (&json!(4), &json!(0)));
    assert_eq!(database.rows(), before);
}

#[test]
fn several_changes_of_one_row_are_all_undone() {
    let database = sample();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    let earlier = "UPDATE facilitators SET created_at = '2025-12-01 00:00:00' WHERE id = 'f1'";
    database.connect().execute_batch(earlier).unwrap();
    database.repair_with_log(&[]).left_wrong();
    let output = database.undo(&[]).success();
    assert_eq!(
        output.lines().filter(|line| line.starts_with("put_back: marker \"m1\" ")).count(),
        2,
        "{output}"
    );
    assert_eq!(database.rows(), before);
}

#[test]
fn rows_with_any_bytes_are_given_back_too() {
    let odd = "UPDATE reward_addresses SET verified_at = CAST(x'ff0027' AS TEXT) WHERE id = 'm1';
               UPDATE reward_addresses SET created_at = 'it''s late' WHERE id = 'm2';
               UPDATE reward_addresses SET id = 'm''9' || char(0, 10) || 'ü', verified_at = x'00ff' WHERE id = 'm9'";
    let database = sample();
    database.connect().execute_batch(odd).unwrap();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    assert_eq!(database.log().lines().count(), 4);
    database.undo(&[]).success();
    assert_eq!(database.rows(), before);
}

#[test]
fn a_row_that_somebody_has_changed_since_is_said_and_left() {
    let database = sample();
    database.repair_with_log(&[]).left_wrong();
    let since = "UPDATE reward_addresses SET created_at = '2025-12-24 00:00:00' WHERE id = 'm1';
                 DELETE FROM reward_addresses WHERE id = 'm2'";
    database.connect().execute_batch(since).unwrap();
    let output = database.undo(&[]).left_wrong();
    for id in ["m1", "m2"] {
        assert!(output.contains(&format!("\nchanged_since: marker \"{id}\" of user ")), "{output}");
    }
    assert!(
        output.contains("\nput_back           2  ") && output.contains("\nchanged_since      2  "),
        "{output}"
    );
    let created_at = "SELECT created_at FROM reward_addresses WHERE id = 'm1'";
    let created_at: String = database.connect().query_row(created_at, [], |row| row.get(0)).unwrap();
    assert_eq!(created_at, "2025-12-24 00:00:00");
}

#[test]
fn undoing_twice_changes_nothing_the_second_time() {
    let database = sample();
    database.repair_with_log(&[]).left_wrong();
    database.undo(&[]).success();
    let before = database.bytes();
    let output = database.undo(&[]).success();
    assert!(output.contains("\nas_it_was          4  "), "{output}");
    assert_eq!(database.bytes(), before);
}

#[test]
fn a_half_line_at_the_end_is_said_and_passed_over() {
    let database = sample();
    let before = database.rows();
    database.repair_with_log(&[]).left_wrong();
    let whole = database.log();
    let cut_off = &whole[..whole.len() - 40];
    for end in ["", "\0\0\0"] {
        fs::write(database.beside("undo.jsonl"), format!("{cut_off}{end}")).unwrap();
        let run = database.undo(&[]);
        assert_eq!(run.status, Some(0), "{run:?}");
        assert!(run.stderr.contains("cut off by a crash, and passed over: line 4;"), "{run:?}");
    }
    // The change of the half line was committed in this test, where no crash was.
    fs::write(database.beside("undo.jsonl"), whole).unwrap();
    database.undo(&[]).success();
    assert_eq!(database.rows(), before);
}

#[test]
fn a_repair_goes_on_after_a_half_line() {
    let database = sample();
    let before = database.rows();
    fs::write(database.beside("undo.jsonl"), "{\"id\":\"m1\",\"user_id\":\"Tq3").unwrap();
    let run = database.repair_with_log(&[]);
    assert_eq!(run.status, Some(3), "{run:?}");
    assert!(run.stderr.contains("cut off by a crash, and passed over: line 1;"), "{run:?}");
    assert_eq!(database.log().lines().count(), 5);
    let run = database.undo(&[]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(database.rows(), before);
}
