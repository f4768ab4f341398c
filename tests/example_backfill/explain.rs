//! Who is left out, and who would be enrolled: `--explain`, `--json-lines` and `--strict`.

use serde_json::{Value, json};

use crate::host::SCHEMA;
use crate::json::{BACKFILL, DRY_RUN, counts, object, objects};
use crate::program::{Database, Run, SAMPLE};

/// A row that has the id of Ben's marker.
const IN_THE_WAY: &str = "INSERT INTO reward_addresses (id, user_id, chain_type, address) VALUES \
    ('FACILITATOR_OWNER:pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I', '80aAPzKVPQsZP9qYO3nvXJvanD9gjypU', 'evm', '0x1')";

/// Everybody who has to be left out of the sample database.
const LEFT_OUT: &str = r#"
    DELETE FROM facilitators WHERE id IN ('f5', 'f6', 'f7', 'f8')"#;

#[track_caller]
fn assert_explained(list: &str) {
    let mut lines: Vec<_> = list.lines().collect();
    lines.sort_unstable();
    let expected = [
        ("ambiguous_user: ", "jbl7dwthmqt8yjibak7za1lwvrkpgmxb", "ensure_facilitator_marker"),
        ("unknown_user: ", "dsvusvzsgpoppgdzupux7jddwfs4oohh", "set it to that user's id in lower case"),
        ("unreadable_date: ", "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB", "YYYY-MM-DD HH:MM:SS"),
    ];
    assert_eq!(lines.len(), expected.len(), "{list}");
    for (line, (reason, whom, advice)) in lines.into_iter().zip(expected) {
        assert!(line.starts_with(reason) && line.contains(whom) && line.contains(advice), "{line}");
    }
}

#[test]
fn explain_lists_each_owner_that_is_left_out() {
    let database = Database::sample();
    for options in [&["--dry-run", "--explain"][..], &["--explain"]] {
        let output = database.backfill(options).success();
        let (_, list) = output.split_once("\n\nLeft out, and what to do:\n").expect("there is a list");
        let (list, after) = list.split_once("\n\n").expect("there is more");
        assert_explained(list);
        assert!(after.contains("--enroll ID"), "{after}");
    }
}

#[test]
fn in_a_dry_run_explain_lists_who_would_be_enrolled_and_since_when() {
    let database = Database::sample();
    let to_be_enrolled = |options: &[&str]| {
        let output = database.backfill(options).success();
        output.split_once("\n\nTo be enrolled:\n").map(|(_, list)| list.to_owned())
    };
    let list = to_be_enrolled(&["--dry-run", "--explain"]).expect("there is a list");
    let mut lines: Vec<_> = list.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "user \"Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy\" would be enrolled since 2026-01-05 10:00:00",
            "user \"pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I\" would be enrolled since 2026-01-21 00:00:00",
        ]
    );
    assert_eq!(to_be_enrolled(&["--explain"]), None, "after a backfill there is nobody to list");
    assert_eq!(to_be_enrolled(&["--dry-run", "--explain"]).unwrap(), "nobody\n");
}

#[test]
fn json_lines_are_one_object_an_owner_and_the_report_comes_last() {
    for dry_run in [DRY_RUN, BACKFILL] {
        let database = Database::sample();
        let options = if dry_run { &["--json-lines", "--dry-run"][..] } else { &["--json-lines"] };
        let mut owners = objects(&database.backfill(options).success());
        let mut report = owners.pop().expect("there is a report");
        assert_eq!(report.remove("kind"), Some(json!("report")));
        assert_eq!(counts(&format!("{}\n", Value::from(report)), dry_run), [4, 2, 1, 1, 0, 1, 1, 2]);

        let mut told: Vec<_> = owners
            .iter()
            .map(|owner| {
                assert!(owner["advice"].is_string(), "{owner:?}");
                let whom = owner.get("user_id").or(owner.get("owner_address"));
                let more = owner.get("reason").or(owner.get("enrollment_date"));
                [Some(&owner["kind"]), more, whom].map(|text| text.and_then(Value::as_str).unwrap())
            })
            .collect();
        told.sort_unstable();
        let due = [
            ["due", "2026-01-05 10:00:00", "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy"],
            ["due", "2026-01-21 00:00:00", "pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I"],
        ];
        let skipped = [
            ["skipped", "ambiguous_user", "jbl7dwthmqt8yjibak7za1lwvrkpgmxb"],
            ["skipped", "unknown_user", "dsvusvzsgpoppgdzupux7jddwfs4oohh"],
            ["skipped", "unreadable_date", "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB"],
        ];
        assert_eq!(told, [if dry_run { &due[..] } else { &[] }, &skipped].concat());
    }
}

#[test]
fn json_lines_of_a_run_that_fails_have_no_report() {
    let run = Database::with(&[SCHEMA, "DROP TABLE facilitators"]).backfill(&["--json-lines", "--dry-run"]);
    run.failure();
    assert_eq!(run.stdout, "");
}

#[test]
fn explain_says_so_if_nobody_is_left_out() {
    let output = Database::with(&[SCHEMA]).backfill(&["--explain"]).success();
    assert!(output.ends_with("\nLeft out, and what to do:\nnobody\n"), "{output}");
}

#[test]
fn without_explain_the_table_says_how_to_learn_who_is_left_out() {
    let hint = "\n--explain lists who is left out, and what to do\n";
    for options in [&["--dry-run"][..], &[]] {
        assert!(Database::sample().backfill(options).success().ends_with(hint));
        assert!(!Database::with(&[SCHEMA]).backfill(options).success().contains(hint));
    }
}

#[test]
fn with_json_the_list_is_part_of_the_object() {
    let database = Database::with(&[SCHEMA, SAMPLE, IN_THE_WAY]);
    for dry_run in [true, false] {
        let options =
            if dry_run { &["--explain", "--json", "--dry-run"][..] } else { &["--explain", "--json"] };
        let run = database.backfill(options);
        assert_eq!(run.status, Some(if dry_run { 0 } else { 1 }), "{run:?}");
        let mut summary = object(&run.stdout);
        let Some(Value::Array(mut left_out)) = summary.remove("left_out") else { panic!("no list: {run:?}") };
        let due = json!([{
            "user_id": "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy", "enrollment_date": "2026-01-05 10:00:00",
            "is_to_come": false,
            "advice": "user \"Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy\" would be enrolled since 2026-01-05 10:00:00",
        }]);
        assert_eq!(summary.remove("due"), dry_run.then_some(due), "{run:?}");
        let warnings = summary.get("warnings").map(|warnings| warnings.as_array().unwrap().len());
        assert_eq!(warnings, dry_run.then_some(1), "{run:?}");
        assert_eq!(counts(&format!("{}\n", Value::from(summary)), dry_run), [4, 1, 1, 1, 1, 1, 1, 2]);

        for owner in &mut left_out {
            let advice = owner.as_object_mut().unwrap().remove("advice").unwrap();
            assert!(advice.as_str().unwrap().contains("; "), "{advice}");
        }
        left_out.sort_by_key(|owner| owner["reason"].to_string());
        let reasons: Vec<_> = left_out.iter().map(|owner| owner["reason"].clone()).collect();
        assert_eq!(reasons, ["ambiguous_user", "refused", "unknown_user", "unreadable_date"]);
        assert_eq!(left_out[0]["owner_address"], "jbl7dwthmqt8yjibak7za1lwvrkpgmxb");
        let candidates = left_out[0]["candidates"].as_array().unwrap();
        let mut candidates: Vec<_> = candidates.iter().map(|candidate| &candidate["user_id"]).collect();
        candidates.sort_by_key(|candidate| candidate.to_string());
        assert_eq!(candidates, ["JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb", "jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB"]);
        assert_eq!(
            left_out[1],
            json!({
                "reason": "refused", "user_id": "pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I",
                "sqlite_code": 2067,
            })
        );
        let unknown = json!({"reason": "unknown_user", "owner_address": "dsvusvzsgpoppgdzupux7jddwfs4oohh"});
        assert_eq!(left_out[2], unknown);
        assert_eq!(
            left_out[3],
            json!({
                "reason": "unreadable_date", "user_id": "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB",
                "facilitators": [{"id": "f6", "created_at": "16/01/2026"}, {"id": "f7", "created_at": ""}],
                "facilitator_count": 2,
            })
        );
    }
}

#[test]
fn a_dry_run_names_whose_enrollment_would_begin_later_than_now() {
    let later = "UPDATE facilitators SET created_at = '2999-01-01' WHERE id = 'f3'";
    let database = Database::with(&[SCHEMA, SAMPLE, later]);
    let output = database.backfill(&["--dry-run", "--explain"]).success();
    let sentence = "user \"pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I\" would be enrolled since 2999-01-01 00:00:00, which is still \
                    to come: check the created_at of the user's facilitators";
    assert!(output.contains(&format!("\n{sentence}\n")), "{output}");
    let output = database.backfill(&["--dry-run", "--explain", "--json"]).success();
    let due = object(&output).remove("due").unwrap();
    let to_come: Vec<_> =
        due.as_array().unwrap().iter().filter(|owner| owner["is_to_come"] == json!(true)).collect();
    let user_id = "pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I";
    let expected = json!({
        "user_id": user_id, "enrollment_date": "2999-01-01 00:00:00", "is_to_come": true, "advice": sentence,
    });
    assert_eq!(to_come, [&expected]);
}

#[test]
fn a_backfill_lists_what_only_its_run_can_tell() {
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON reward_addresses WHEN new.user_id LIKE 'pnq%'
                  BEGIN SELECT raise(ABORT, 'not this one'); END";
    let database = Database::with(&[SCHEMA, SAMPLE, refuse]);
    assert!(!database.backfill(&["--dry-run", "--explain"]).success().contains("\nrefused: "));
    let run = database.backfill(&["--explain"]);
    assert!(
        run.failure().contains("1 marker is refused") && run.failure().contains("not this one"),
        "{run:?}"
    );
    assert!(run.stdout.contains("\nrefused: for user \"pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I\""), "{run:?}");
}

#[test]
fn a_dry_run_warns_where_no_marker_can_be_written() {
    let schema =
        SCHEMA.replace("verified_at         TEXT,", "verified_at TEXT, network TEXT NOT NULL DEFAULT '',");
    let list = SCHEMA.replace(", 'facilitator'", "").replace("'stacks'", "'stacks' ");
    let rows = SAMPLE.replace("'facilitator', 'FACILITATOR_OWNER:", "'evm', '0x");
    for (schema, part) in [
        (
            schema.replace(" NOT NULL DEFAULT '',", " NOT NULL,"),
            "Warning: 3 markers would be refused, the first for user",
        ),
        (list, "Warning: reward_addresses has CHECK (chain_type IN ("),
    ] {
        // The rows of the sample name the column as little as markers do.
        let rows = rows.replace("INSERT INTO reward_addresses (", "INSERT OR IGNORE INTO reward_addresses (");
        let output = Database::with(&[&schema, &rows]).backfill(&["--dry-run"]).success();
        assert!(output.contains(&format!("\n\n{part}")), "{output}");
    }
}

#[test]
fn with_json_the_list_is_empty_if_nobody_is_left_out() {
    let output = Database::with(&[SCHEMA]).backfill(&["--explain", "--json"]).success();
    assert_eq!(object(&output)["left_out"], json!([]));
}

#[test]
fn strict_exits_with_3_if_an_owner_is_left_out() {
    for options in [
        &["--strict"][..],
        &["--strict", "--explain"],
        &["--strict", "--json"],
        &["--strict", "--json-lines"],
    ] {
        for dry_run in [&[][..], &["--dry-run"]] {
            let options = [options, dry_run].concat();
            let database = Database::sample();
            let Run { status, stderr, .. } = database.backfill(&options);
            assert_eq!((status, stderr.as_str()), (Some(3), ""), "{options:?}");
            database.connect().execute_batch(LEFT_OUT).unwrap();
            database.backfill(&options).success();
        }
    }
}

#[test]
fn strict_counts_each_kind_of_owner_who_is_left_out() {
    for kept in ["f5", "f6", "f8"] {
        let others = LEFT_OUT.replace(&format!("'{kept}'"), "''");
        let database = Database::with(&[SCHEMA, SAMPLE, &others]);
        assert_eq!(database.backfill(&["--strict", "--json"]).status, Some(3), "{kept}");
    }
}

#[test]
fn a_refused_marker_is_left_out_in_a_dry_run_and_a_failure_in_a_backfill() {
    let database = Database::with(&[SCHEMA, SAMPLE, LEFT_OUT, IN_THE_WAY]);
    database.backfill(&["--dry-run"]).success();
    assert_eq!(database.backfill(&["--dry-run", "--strict"]).status, Some(3));
    let run = database.backfill(&["--strict", "--json"]);
    assert!(run.failure().contains("pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I"), "{run:?}");
    assert_eq!(counts(&run.stdout, BACKFILL), [3, 1, 1, 0, 1, 0, 0, 0]);
}

#[test]
fn a_failure_is_1_with_strict_too() {
    let database = Database::sample();
    let other = database.connect();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    database.backfill(&["--strict", "--busy-timeout", "20"]).failure();
}
