//! The model of the audit and the repair, held against examples and against what it must come to on any database.

#[allow(dead_code, reason = "each test file uses its own part of this")]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod plan;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use model::{
    CLOCK_READING, Database, Facilitator, Finding, Instant, Mend, Row, Value, audit, repair, repaired,
};
use plan::plans_with_markers;

const RIGHT: &str = "2025-06-01 10:00:00";

fn facilitator(owner_address: &str, created_at: impl Into<Value>) -> Facilitator {
    Facilitator { id: Value::Null, owner_address: owner_address.into(), created_at: created_at.into() }
}

/// A marker that has everything but its date right.
fn marker(user_id: &str, created_at: impl Into<Value>) -> Row {
    let name = format!("FACILITATOR_OWNER:{user_id}");
    Row {
        id: name.as_str().into(),
        user_id: user_id.into(),
        chain_type: "facilitator".into(),
        address: name.as_str().into(),
        verification_status: "verified".into(),
        verified_at: "2026-02-03 04:05:06".into(),
        created_at: created_at.into(),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::text(text)
    }
}

/// A user with these facilitators' dates and this marker, and what the audit finds.
fn findings(facilitators: &[Value], marker: &Row) -> Vec<(&'static str, Mend)> {
    let facilitators = facilitators.iter().map(|created_at| facilitator("ada", created_at.clone())).collect();
    let database = Database { users: vec!["Ada".into()], facilitators, rows: vec![marker.clone()] };
    audit(&database).into_iter().map(|finding| (finding.name, finding.mend)).collect()
}

fn created_at(date: &str) -> Mend {
    Mend::CreatedAt(date.into())
}

/// One marker of each kind, and a wallet, which is none.
fn all_kinds() -> Database {
    let users = ["Ada", "Bea", "Cleo", "Dora", "Ed", "Fay", "Hal"].map(Value::from).to_vec();
    let owners = ["ada", "bea", "cleo", "dora", "ed", "hal"];
    let rows = vec![
        marker("Ada", RIGHT),
        marker("Bea", "2026-01-22 09:00:00"),
        marker("Cleo", "2025-06-01T12:00:00Z"),
        Row {
            verification_status: "pending".into(),
            verified_at: Value::Null,
            ..marker("Dora", "2025-06-01T10:00:00Z")
        },
        Row { id: "first".into(), address: "older".into(), ..marker("Ed", "2026-01-22 09:00:00") },
        marker("Ed", RIGHT),
        marker("Fay", RIGHT),
        marker("Gus", "never"),
        marker("Hal", "2024-01-01 00:00:00"),
        Row { id: "wallet".into(), chain_type: "evm".into(), ..marker("Hal", "never") },
    ];
    Database { users, facilitators: owners.map(|owner| facilitator(owner, RIGHT)).to_vec(), rows }
}

#[test]
fn each_wrong_marker_gets_its_findings() {
    let finding = |id: &str, name, mend| Finding { id: id.into(), name, mend };
    assert_eq!(
        audit(&all_kinds()),
        [
            finding("FACILITATOR_OWNER:Bea", "dated_late", created_at(RIGHT)),
            finding("FACILITATOR_OWNER:Cleo", "dated_late", created_at(RIGHT)),
            finding("FACILITATOR_OWNER:Cleo", "date_form", created_at(RIGHT)),
            finding("FACILITATOR_OWNER:Dora", "date_form", created_at(RIGHT)),
            finding("FACILITATOR_OWNER:Dora", "not_verified", Mend::Verified),
            finding("first", "duplicate", Mend::Statement),
            finding("FACILITATOR_OWNER:Fay", "not_an_owner", Mend::Nothing),
            finding("FACILITATOR_OWNER:Gus", "orphan", Mend::Statement),
            finding("FACILITATOR_OWNER:Hal", "dated_early", Mend::Nothing),
        ]
    );
}

#[test]
fn a_repair_changes_the_wrong_columns_and_no_others() {
    let before = all_kinds();
    let mut expected = before.rows.clone();
    for wrong in [1, 2, 3] {
        expected[wrong].created_at = RIGHT.into();
    }
    expected[3].verification_status = "verified".into();
    expected[3].verified_at = CLOCK_READING.into();
    assert_eq!(repair(&before), expected);
    let changed: Vec<_> = repaired(&before).iter().map(|row| row.user_id.shown()).collect();
    assert_eq!(changed, ["Bea", "Cleo", "Dora"]);
}

#[test]
fn a_date_in_another_form_stays_the_same_instant_or_becomes_the_enrollment_date() {
    let earlier = "2025-06-01 08:00:00";
    let blob = Value::Blob(RIGHT.into());
    let owner: &[Value] = &["2025-06-01T12:00:00.5+02:00".into(), "2025-07-01".into()];
    let cases: [(&[Value], Value, &[_]); 14] = [
        (owner, RIGHT.into(), &[]),
        (owner, "2025-06-01 10:00:00.9".into(), &[("date_form", created_at(RIGHT))]),
        (owner, "2025-06-01 10:00:01".into(), &[("dated_late", created_at(RIGHT))]),
        (
            owner,
            "2025-06-01T10:00:01Z".into(),
            &[("dated_late", created_at(RIGHT)), ("date_form", created_at(RIGHT))],
        ),
        (owner, earlier.into(), &[("dated_early", Mend::Nothing)]),
        (
            owner,
            "2025-06-01 10:00+02".into(),
            &[("dated_early", Mend::Nothing), ("date_form", created_at(earlier))],
        ),
        (owner, "2025-06-31 10:00:00".into(), &[("date_form", created_at(RIGHT))]),
        (owner, Value::Integer(1748772000), &[("date_form", created_at(RIGHT))]),
        (owner, Value::Null, &[("date_form", created_at(RIGHT))]),
        (owner, blob.clone(), &[("date_form", created_at(RIGHT))]),
        (&[], RIGHT.into(), &[("not_an_owner", Mend::Nothing)]),
        (
            &[],
            "2025-06-01".into(),
            &[("not_an_owner", Mend::Nothing), ("date_form", created_at("2025-06-01 00:00:00"))],
        ),
        (&[], blob, &[("not_an_owner", Mend::Nothing), ("date_form", Mend::Nothing)]),
        (&[], "".into(), &[("not_an_owner", Mend::Nothing), ("date_form", Mend::Nothing)]),
    ];
    for (facilitators, date, expected) in cases {
        assert_eq!(findings(facilitators, &marker("Ada", date.clone())), expected, "{date:?}");
    }
}

#[test]
fn only_the_text_verified_is_verified() {
    let blob = Value::Blob(b"verified".to_vec());
    for status in [Value::Null, "pending".into(), "Verified".into(), "verified ".into(), blob] {
        let row = Row { verification_status: status, ..marker("Ada", RIGHT) };
        assert_eq!(findings(&[RIGHT.into()], &row), [("not_verified", Mend::Verified)], "{row:?}");
    }
}

/// A date of verification is a host's, and stays where there is one.
#[test]
fn a_repair_takes_the_clock_only_for_what_it_verifies_and_has_no_date() {
    let dated = Row { verification_status: "pending".into(), ..marker("Ada", RIGHT) };
    let undated = Row { verified_at: Value::Null, ..dated.clone() };
    let verified = Row { verified_at: Value::Null, ..marker("Ada", RIGHT) };
    for (row, expected) in [(dated, "2026-02-03 04:05:06"), (undated, CLOCK_READING), (verified, "NULL")] {
        let facilitators = vec![facilitator("ada", RIGHT)];
        let database = Database { users: vec!["Ada".into()], facilitators, rows: vec![row] };
        assert_eq!(repair(&database)[0].verified_at.shown(), expected);
    }
}

#[test]
fn nothing_is_repaired_while_a_facilitator_is_ambiguous_or_cannot_be_dated() {
    let row = Row { verification_status: "pending".into(), ..marker("Ada", "2026-01-22T09:00:00Z") };
    let withheld = [("date_form", Mend::Withheld), ("not_verified", Mend::Withheld)];
    assert_eq!(findings(&[RIGHT.into(), "soon".into()], &row), withheld);

    let mut database = Database {
        users: vec!["Ada".into(), "ADA".into()],
        facilitators: vec![facilitator("Ada", RIGHT), facilitator("ada", RIGHT)],
        rows: vec![row],
    };
    let found: Vec<_> = audit(&database).into_iter().map(|finding| (finding.name, finding.mend)).collect();
    assert_eq!(found, withheld);
    assert_eq!(repair(&database), database.rows);
    assert!(repaired(&database).is_empty());

    database.facilitators.pop();
    assert_eq!(repair(&database)[0].created_at, RIGHT.into());
}

/// Of several markers the one with the marker's address is the user's, else the one with the lowest id.
#[test]
fn all_markers_of_a_user_but_one_are_duplicates() {
    let other = |id: &str| Row { id: id.into(), address: id.into(), ..marker("Ada", RIGHT) };
    let duplicates = |rows: &[Row]| -> Vec<String> {
        let facilitators = vec![facilitator("ada", RIGHT)];
        let database = Database { users: vec!["Ada".into()], facilitators, rows: rows.to_vec() };
        audit(&database).iter().map(|finding| format!("{} {}", finding.id.shown(), finding.name)).collect()
    };
    assert_eq!(duplicates(&[other("B"), other("A"), other("C")]), ["B duplicate", "C duplicate"]);
    assert_eq!(duplicates(&[other("B"), marker("Ada", RIGHT)]), ["B duplicate"]);
    assert_eq!(duplicates(&[Row { chain_type: "evm".into(), ..other("A") }, other("B")]), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_second_repair_changes_nothing(plan in plans_with_markers()) {
        let before = Database::read(&plan.open()?)?;
        let after = Database { rows: repair(&before), ..before };
        prop_assert_eq!(repair(&after), &after.rows[..]);
        for finding in audit(&after) {
            prop_assert!(!matches!(finding.mend, Mend::CreatedAt(_) | Mend::Verified), "{:?}", finding);
        }
    }

    #[test]
    fn no_marker_is_dated_later_than_it_was(plan in plans_with_markers()) {
        let before = Database::read(&plan.open()?)?;
        for (old, new) in before.rows.iter().zip(repair(&before)) {
            let [old, new] = [&old.created_at, &new.created_at].map(|date| date.as_text().and_then(Instant::read));
            prop_assert!(old.is_none() || (new.is_some() && new <= old), "{:?} {:?}", old, new);
        }
    }
}

#[test]
fn random_databases_have_markers_that_are_wrong_in_every_way() {
    let mut runner = TestRunner::deterministic();
    let mut databases_with = BTreeMap::new();
    for _ in 0..256 {
        let plan = plans_with_markers().new_tree(&mut runner).unwrap().current();
        let mut kinds: Vec<_> = audit(&Database::read(&plan.open().unwrap()).unwrap())
            .into_iter()
            .map(|finding| match finding.mend {
                Mend::CreatedAt(_) => (finding.name, created_at("")),
                other => (finding.name, other),
            })
            .collect();
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            *databases_with.entry(kind).or_insert(0) += 1;
        }
    }
    println!("{databases_with:#?}");
    for kind in [
        ("orphan", Mend::Statement),
        ("duplicate", Mend::Statement),
        ("not_an_owner", Mend::Nothing),
        ("dated_late", created_at("")),
        ("dated_early", Mend::Nothing),
        ("date_form", created_at("")),
        ("date_form", Mend::Withheld),
        ("date_form", Mend::Nothing),
        ("not_verified", Mend::Verified),
        ("not_verified", Mend::Withheld),
    ] {
        let count = databases_with.get(&kind).copied().unwrap_or(0);
        assert!(count >= 10, "{count} of 256 databases have {kind:?}");
    }
}
