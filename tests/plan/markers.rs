//! Markers that are right, and markers that are wrong in every way: for owners and others, once and twice, early and
//! late, in the host's form and in many that aren't.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::dates::dates;
use super::{
    HostWrite, Id, MOST_USERS, Name, Plan, PlannedFacilitator, PlannedRow, facilitators, host_writes, hosts,
    ids, names, position, rows, some_id,
};
use crate::model::Value;

prop_compose! {
    /// Databases with more markers than `plans` has, most of them near their users' enrollment dates.
    pub fn plans_with_markers()(
        host in hosts(),
        users in ids::users(MOST_USERS),
        facilitators in vec(dated_facilitators(), 0..=12),
        rows in vec(prop_oneof![8 => markers(), 1 => rows()], 0..=12),
    ) -> Plan {
        Plan { host, users, facilitators, rows }
    }
}

/// Facilitators with few different dates, of which few can't be read.
pub fn dated_facilitators() -> BoxedStrategy<PlannedFacilitator> {
    let created_at = prop_oneof![6 => near_dates(), 1 => dates()];
    (facilitators(), created_at)
        .prop_map(|(facilitator, created_at)| PlannedFacilitator { created_at, ..facilitator })
        .boxed()
}

/// Markers, most of them near their users' enrollment dates.
pub fn markers() -> BoxedStrategy<PlannedRow> {
    let id = prop_oneof![6 => Just(Name::OwnMarker), 6 => names(), 1 => Just(Name::Other(Value::Null))];
    let user_id = prop_oneof![
        12 => position().prop_map(Id::Exact),
        2 => some_id(),
        1 => ids::not_text().prop_map(Id::Other),
    ];
    let address = prop_oneof![8 => Just(Name::OwnMarker), 4 => names(), 1 => Just(Name::Other(Value::Null))];
    (id, user_id, chain_types(), address, statuses(), times_of_verification(), marker_dates())
        .prop_map(|(id, user_id, chain_type, address, verification_status, verified_at, created_at)| {
            PlannedRow { id, user_id, chain_type, address, verification_status, verified_at, created_at }
        })
        .boxed()
}

/// What NOCASE or RTRIM takes for no change.
const UNSEEN: [&str; 3] = [
    "UPDATE main.reward_addresses SET verification_status = upper(verification_status)",
    "UPDATE main.reward_addresses SET created_at = created_at || ' '",
    "UPDATE main.reward_addresses SET chain_type = upper(chain_type)",
];

/// What a host does while a repair is under way, mostly to markers.
pub fn marker_writes() -> BoxedStrategy<HostWrite> {
    let update = |sql, values: BoxedStrategy<Value>| {
        (some_id(), values).prop_map(move |(id, value)| HostWrite::Update(sql, id, value))
    };
    prop_oneof![
        6 => host_writes(),
        2 => markers().prop_map(HostWrite::AddRow),
        1 => dated_facilitators().prop_map(HostWrite::AddFacilitator),
        1 => update("UPDATE main.facilitators SET created_at = ?2 WHERE owner_address = ?1", near_dates()),
        2 => update("UPDATE main.reward_addresses SET created_at = ?2 WHERE user_id = ?1", marker_dates()),
        1 => update("UPDATE main.reward_addresses SET verification_status = ?2 WHERE user_id = ?1", statuses()),
        1 => update("UPDATE main.reward_addresses SET verified_at = ?2 WHERE user_id = ?1", times_of_verification()),
        1 => update("UPDATE main.reward_addresses SET chain_type = ?2 WHERE user_id = ?1", chain_types()),
        1 => select(&UNSEEN[..]).prop_map(HostWrite::Statement),
    ]
    .boxed()
}

fn chain_types() -> BoxedStrategy<Value> {
    prop_oneof![
        20 => Just(Value::text("facilitator")),
        1 => select(vec![Value::Blob(b"facilitator".to_vec()), Value::text("Facilitator")]),
    ]
    .boxed()
}

fn times_of_verification() -> BoxedStrategy<Value> {
    prop_oneof![3 => Just(Value::Null), 3 => near_dates(), 1 => dates()].boxed()
}

fn marker_dates() -> BoxedStrategy<Value> {
    prop_oneof![6 => near_dates(), 2 => dates()].boxed()
}

/// What a host may say of whether an address is verified. Its own schema takes only the two words.
fn statuses() -> BoxedStrategy<Value> {
    let texts = ["VERIFIED", "verified ", " verified", "verifie", "verified\0", ""];
    let not_text = [Value::Null, Value::Integer(1), Value::Real(1.5), Value::Blob(b"verified".to_vec())];
    let strange = [&texts.map(Value::text)[..], &not_text].concat();
    prop_oneof![
        5 => Just(Value::text("verified")),
        3 => Just(Value::text("pending")),
        1 => select(strange),
    ]
    .boxed()
}

/// A few seconds around a few hours, in the host's form or in another. As text the forms sort otherwise than as
/// instants.
fn near_dates() -> BoxedStrategy<Value> {
    let hosts_form = (9..=11_u8, 0..=1_u8).prop_map(|(hour, second)| written(hour, second));
    let other_forms = (9..=11_u8, 0..=1_u8, 0..6_u8).prop_map(|(hour, second, form)| match form {
        0 => format!("{}Z", written(hour, second).replace(' ', "T")),
        1 => format!("{}.25", written(hour, second)),
        2 => format!("{}.999Z", written(hour, second).replace(' ', "t")),
        3 => format!("{}+02:00", written(hour + 2, second)),
        4 => format!("{} -0900", written(hour - 9, second)),
        _ => written(hour, second)[..16].to_owned(),
    });
    prop_oneof![3 => hosts_form, 2 => other_forms].prop_map(Value::text).boxed()
}

fn written(hour: u8, second: u8) -> String {
    format!("2025-06-01 {hour:02}:00:{second:02}")
}
