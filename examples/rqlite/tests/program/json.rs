//! What the command prints for programs.

use serde_json::{Value, json};

use crate::node::Node;
use crate::run::run;

/// The object, without the time.
fn object(text: &str) -> Value {
    let mut object: Value = serde_json::from_str(text).unwrap();
    assert!(object["elapsed_ms"].take().is_u64());
    object.as_object_mut().unwrap().remove("elapsed_ms");
    object
}

#[test]
fn json_is_one_object_with_the_counts() {
    let node = Node::sample();
    let counts = json!({
        "dry_run": true, "owners": 4, "created": 2, "already_enrolled": 1, "unreadable_date": 1, "refused": 0,
        "unknown_users": 1, "ambiguous_users": 1, "unreadable_dates": 2,
    });
    let text = run(&[&node.url, "--dry-run", "--json"]).success();
    assert_eq!((object(&text), text.lines().count()), (counts.clone(), 1));
    let mut written = counts;
    written["dry_run"] = json!(false);
    assert_eq!(object(&run(&[&node.url, "--json"]).success()), written);
}

#[test]
fn json_with_explain_has_the_lists() {
    let node = Node::sample();
    let object = object(&run(&[&node.url, "--dry-run", "--json", "--explain"]).success());
    let mut left_out = object["left_out"].clone();
    for owner in left_out.as_array_mut().unwrap() {
        assert!(owner.as_object_mut().unwrap().remove("advice").unwrap().as_str().unwrap().len() > 20);
    }
    assert_eq!(
        left_out,
        json!([
            {
                "reason": "ambiguous_user",
                "owner_address": "jbl7dwthmqt8yjibak7za1lwvrkpgmxb",
                "candidates": [
                    { "user_id": "JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb", "is_enrolled": false },
                    { "user_id": "jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB", "is_enrolled": false },
                ],
                "candidate_count": 2,
            },
            { "reason": "unknown_user", "owner_address": "dsvusvzsgpoppgdzupux7jddwfs4oohh" },
            {
                "reason": "unreadable_date",
                "user_id": "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB",
                "facilitators": [
                    { "id": "f6", "created_at": "16/01/2026" },
                    { "id": "f7", "created_at": "" },
                ],
                "facilitator_count": 2,
            },
        ])
    );
    assert_eq!(
        object["due"][0],
        json!({
            "user_id": "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy",
            "enrollment_date": "2026-01-05 10:00:00",
            "is_to_come": false,
            "advice": "user \"Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy\" would be enrolled since 2026-01-05 10:00:00",
        })
    );
    assert_eq!(object["due"].as_array().unwrap().len(), 2);
}

#[test]
fn json_lines_have_a_kind_and_the_report_is_the_last() {
    let node = Node::sample();
    for (options, expected) in [
        (&["--json-lines", "--dry-run"][..], &["skipped", "skipped", "skipped", "due", "due", "report"][..]),
        (&["--json-lines"], &["skipped", "skipped", "skipped", "report"]),
    ] {
        let text = run(&[&[node.url.as_str()], options].concat()).success();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected);
        assert_eq!(lines.last().unwrap()["created"], 2);
    }
}
