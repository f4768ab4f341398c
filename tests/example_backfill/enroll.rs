//! `--enroll`, for who has settled whom an `owner_address` means.

use serde_json::{Value, json};

use crate::host::{self, SCHEMA};
use crate::program::{Database, SAMPLE};

const DAN: &str = "jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB";
const DINA: &str = "JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb";
const EVE: &str = "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB";
const FINN: &str = "80aAPzKVPQsZP9qYO3nvXJvanD9gjypU";

#[test]
fn exactly_the_user_who_is_named_is_enrolled() {
    let database = Database::sample();
    let before = database.markers();
    let date = "2026-01-13 09:00:00";
    assert_eq!(
        database.backfill(&["--enroll", DINA]).success(),
        format!("created: user {DINA:?} is enrolled since {date:?}\n")
    );
    let mut markers = database.markers();
    markers.retain(|marker| !before.contains(marker));
    assert_eq!(markers, [(DINA.to_owned(), date.to_owned())]);

    let bytes = database.bytes();
    assert_eq!(
        database.backfill(&["--enroll", DINA]).success(),
        format!("already_enrolled: user {DINA:?} is enrolled since {date:?}\n")
    );
    assert_eq!(database.bytes(), bytes);
}

#[test]
fn with_json_the_outcome_comes_with_the_marker() {
    let database = Database::sample();
    for outcome in ["created", "already_enrolled"] {
        let output = database.backfill(&["--enroll", DAN, "--json"]).success();
        let answer: Value = serde_json::from_str(&output).unwrap();
        let (id, verified_at) = (format!("FACILITATOR_OWNER:{DAN}"), &answer["marker"]["verified_at"]);
        assert!(verified_at.is_string());
        assert_eq!(
            answer,
            json!({"user_id": DAN, "outcome": outcome, "marker": {
                "id": id, "user_id": DAN, "chain_type": "facilitator", "address": id,
                "verification_status": "verified", "verified_at": verified_at, "created_at": "2026-01-13 09:00:00",
            }})
        );
    }
}

#[test]
fn who_is_not_enrolled_is_a_failure_that_says_what_to_do() {
    let in_marker_place = format!(
        "INSERT INTO reward_addresses (id, user_id, chain_type, address)
         VALUES ('1', '{DAN}', 'evm', 'FACILITATOR_OWNER:{DAN}')"
    );
    let database = Database::with(&[SCHEMA, SAMPLE, &in_marker_place]);
    let before = database.bytes();
    for (user_id, outcome, advice) in [
        ("nobody", "unknown_user", "pass an id as table \"user\" has it"),
        ("-nobody", "unknown_user", "pass an id as table \"user\" has it"),
        ("", "unknown_user", "pass an id as table \"user\" has it"),
        (&DAN.to_lowercase(), "ambiguous_user", "--dry-run --explain names them"),
        (FINN, "not_an_owner", "check the id"),
        (EVE, "unreadable_date", "set each such one to YYYY-MM-DD HH:MM:SS"),
        (DAN, "refused", "change that row's address"),
    ] {
        let run = database.backfill(&["--enroll", user_id]);
        assert!(run.failure().contains(advice), "{run:?}");
        assert!(run.failure().contains(&format!("{user_id:?}")), "{run:?}");
        assert_eq!(run.stdout, "");

        let run = database.backfill(&["--enroll", user_id, "--json"]);
        assert!(run.failure().contains(advice), "{run:?}");
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&answer["user_id"], &answer["outcome"]), (&json!(user_id), &json!(outcome)));
        assert!(answer["advice"].as_str().unwrap().contains(advice), "{answer}");
        assert_eq!(answer.as_object().unwrap().len(), 3, "{answer}");
    }
    assert_eq!(database.bytes(), before);
}

#[test]
fn an_id_in_other_upper_and_lower_case_enrolls_nobody() {
    let database = Database::with(&[SCHEMA]);
    host::add_owner(&database.connect(), "Xk9", "2026-01-21 00:00:00");
    let run = database.backfill(&["--enroll", "xk9"]);
    assert!(run.failure().contains("no user has exactly the id \"xk9\"; if \"Xk9\" is meant"), "{run:?}");
    assert_eq!(database.markers(), []);
}

#[test]
fn it_fails_as_a_backfill_does() {
    let database = Database::sample();
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = database.backfill(&["--enroll", DAN, "--busy-timeout", "20", "--json"]);
    assert!(run.failure().contains("database is locked; another connection is in the way"), "{run:?}");
    assert!(run.failure().contains("--busy-timeout"), "{run:?}");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);

    database.forbid_writing();
    let run = database.backfill(&["--enroll", DAN]);
    for text in ["readonly database", "; run this as a user who may write"] {
        assert!(run.failure().contains(text), "{run:?}");
    }

    let run = Database::of_bytes(b"Dear diary,\n").backfill(&["--enroll", DAN]);
    assert!(run.failure().contains("check that the file is the host's database"), "{run:?}");
    let run = Database::of_bytes(b"").backfill(&["--enroll", DAN]);
    assert!(run.failure().contains("lacks table user"), "{run:?}");
}
