//! One user.

use serde_json::{Value, json};

use crate::host::{add_reward_address, markers};
use crate::node::Node;
use crate::run::run;

const ADA: &str = "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy";

#[test]
fn one_user_is_enrolled_and_then_was() {
    let node = Node::sample();
    for outcome in ["created", "already_enrolled"] {
        let told = run(&[&node.url, "--enroll", ADA]).success();
        assert_eq!(told, format!("{outcome}: user \"{ADA}\" is enrolled\n"));
    }
    assert_eq!(markers(&node.conn.lock().unwrap()).len(), 2);
}

#[test]
fn a_user_who_is_not_enrolled_is_a_failure_that_says_what_to_do() {
    let node = Node::sample();
    for (id, outcome, says) in [
        ("Nobody", "unknown_user", "no user has the id \"Nobody\"; pass an id as table \"user\" has it"),
        ("jbl7dwthmqt8yjibak7za1lwvrkpgmxb", "ambiguous_user", "no user has exactly the id"),
        ("80aAPzKVPQsZP9qYO3nvXJvanD9gjypU", "not_an_owner", "no facilitator belongs to user"),
        ("BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB", "unreadable_date", "a created_at among the facilitators"),
    ] {
        let failed = run(&[&node.url, "--enroll", id]);
        assert!(failed.failure().starts_with(says), "{failed:?}");
        let failed = run(&[&node.url, "--enroll", id, "--json"]);
        assert_eq!(failed.status, Some(1));
        let object: Value = serde_json::from_str(&failed.stdout).unwrap();
        let advice = failed.failure();
        assert_eq!(object, json!({ "user_id": id, "outcome": outcome, "advice": advice }));
    }
}

#[test]
fn a_marker_whose_place_is_taken_is_refused() {
    let node = Node::sample();
    let id = format!("FACILITATOR_OWNER:{ADA}");
    add_reward_address(&node.conn.lock().unwrap(), &id, ADA, "evm", "0x1");
    let failed = run(&[&node.url, "--enroll", ADA]);
    assert!(failed.failure().contains("another row of reward_addresses has the marker's id"), "{failed:?}");
}
