//! Hosts at random: schemas, triggers, settings and rows that no host has all at once, and what a host does between two
//! steps. Against the model where the model can tell, and otherwise against what is promised of any database.

#[path = "../plan/dates.rs"]
#[allow(dead_code, reason = "the strategies are for tests/property.rs")]
mod dates;
#[path = "../harness/mod.rs"]
mod harness;
#[path = "../plan/ids.rs"]
#[allow(dead_code, reason = "the strategies are for tests/property.rs")]
mod ids;
#[path = "../model/mod.rs"]
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod model;

mod act;
mod between;
mod calls;
mod contents;
mod data;
mod host;
mod oracle;
mod schema;
mod settings;
mod trigger;
mod watch;

#[test]
fn whatever_the_host_each_call_keeps_its_promises() {
    harness::run(40, calls::keep_their_promises);
}

#[test]
fn each_marker_is_right_whatever_the_host_does_before_its_step() {
    harness::run(20, between::whatever_the_host_does);
}
