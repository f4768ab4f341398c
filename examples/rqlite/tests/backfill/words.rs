//! What the lists say.

use std::ops::ControlFlow;

use facilitator_markers::{for_each_due_owner, for_each_skipped_owner};
use facilitator_markers_rqlite::{Level, Markers};

use crate::engine::{Clock, Engine};
use crate::host::{add_facilitator, add_owner, add_user, in_memory};

/// What tells whoever calls the library, and whoever runs this command, how to enroll the one who is meant.
const HOW: [&str; 2] =
    ["have the server call ensure_facilitator_marker with exactly that id", "enroll exactly that id"];

#[test]
fn those_who_are_left_out_and_those_who_are_due_are_told_in_the_librarys_words() {
    let mut engine = Engine::new(in_memory());
    let conn = &engine.conn;
    conn.execute_batch(include_str!("../../../backfill/sample.sql")).unwrap();
    add_user(conn, "dsvusvzsgpoppgdzupux7jddwfs4ooh");
    for n in 0..12 {
        let id: String = "abcdefgh"
            .chars()
            .enumerate()
            .map(|(at, c)| if n >> at & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        add_user(conn, id);
        add_facilitator(conn, &*"x".repeat(190 + n), "2026-01-01");
    }
    add_facilitator(conn, "abcdefgh", "2026-01-01");
    add_owner(conn, "Zoe", "9000-01-01");

    let (mut skipped, mut due) = (Vec::new(), Vec::new());
    for_each_skipped_owner(conn, |owner| skipped.push(format!("{}: {owner}", owner.reason()))).unwrap();
    for_each_due_owner(conn, |owner| due.push(owner.to_string())).unwrap();
    skipped.iter_mut().for_each(|line| *line = line.replace(HOW[0], HOW[1]));

    let (clock, mut watch) = (Clock::new(), |_| ControlFlow::Continue(()));
    let mut markers = Markers::new(&mut engine, &clock, &mut watch);
    let owners = markers.skipped(Level::Weak).unwrap();
    let mut lines: Vec<_> = owners.iter().map(|owner| format!("{}: {owner}", owner.reason())).collect();
    let mut dates: Vec<_> = markers.due(Level::Weak).unwrap().iter().map(ToString::to_string).collect();
    for list in [&mut skipped, &mut due, &mut lines, &mut dates] {
        list.sort();
    }
    assert_eq!(lines, skipped);
    assert_eq!(dates, due);
    assert_eq!((lines.len(), dates.len()), (16, 3));
}
