//! The example without arguments: a backfill of its sample database.

use crate::program::{backfill, example, run};

const NO_ARGUMENTS: [&str; 0] = [];

/// The lines from the one after `heading` to the next empty one, which comes after one that is skipped.
fn section<'a>(output: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, after) = output.split_once(heading).unwrap_or_else(|| panic!("no {heading:?} in {output}"));
    after.trim_start_matches('\n').lines().take_while(|line| !line.is_empty()).collect()
}

#[test]
fn it_shows_the_volume_before_and_after() {
    let output = backfill(&NO_ARGUMENTS).success();
    assert_eq!(
        section(&output, "Before the backfill, the platform counts this volume:"),
        [
            "user  user id                           enrolled since       volume (USDC)",
            "----  --------------------------------  -------------------  -------------",
            "Ada   Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy  not enrolled                  0.00",
            "Ben   pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I  not enrolled                  0.00",
            "Cleo  0fGspaZTjdakZoro1uKAxen0eKsLw9sQ  2026-02-01 00:00:00          20.00",
            "Dan   jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB  not enrolled                  0.00",
            "Dina  JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb  not enrolled                  0.00",
            "Eve   BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB  not enrolled                  0.00",
            "Finn  80aAPzKVPQsZP9qYO3nvXJvanD9gjypU  no facilitator                0.00",
        ]
    );
    assert_eq!(
        section(&output, "After it, the platform counts this volume:")[2..],
        [
            "Ada   Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy  2026-01-05 10:00:00         125.50",
            "Ben   pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I  2026-01-21 00:00:00          42.25",
            "Cleo  0fGspaZTjdakZoro1uKAxen0eKsLw9sQ  2026-02-01 00:00:00          20.00",
            "Dan   jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB  not enrolled                  0.00",
            "Dina  JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb  not enrolled                  0.00",
            "Eve   BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB  not enrolled                  0.00",
            "Finn  80aAPzKVPQsZP9qYO3nvXJvanD9gjypU  no facilitator                0.00",
        ]
    );
}

#[test]
fn it_shows_what_the_backfill_did() {
    let output = backfill(&NO_ARGUMENTS).success();
    assert_eq!(
        section(&output, "The backfill:"),
        [
            "result            count  meaning",
            "----------------  -----  --------------------------------------------------",
            "owners                4  users to whom a facilitator belongs",
            "created               2  markers written now",
            "already_enrolled      1  had a marker, which stays as it is",
            "unreadable_date       1  left out: a facilitator has no readable created_at",
            "unknown_users         1  left out: owner_address names no user",
            "ambiguous_users       1  left out: owner_address could mean several users",
            "unreadable_dates      2  facilitators whose created_at was passed over",
        ]
    );
}

#[test]
fn it_says_why_owners_are_left_out() {
    let output = backfill(&NO_ARGUMENTS).success();
    let lines = section(&output, "Left out, and what to do:");
    for (reason, whom) in [
        ("unknown_user", "dsvusvzsgpoppgdzupux7jddwfs4oohh"),
        ("ambiguous_user", "jbl7dwthmqt8yjibak7za1lwvrkpgmxb"),
        ("unreadable_date", "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB"),
    ] {
        let line = lines.iter().find(|line| line.starts_with(&format!("{reason}: ")));
        assert!(line.is_some_and(|line| line.contains(whom)), "{reason}: {lines:#?}");
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn it_prints_the_same_each_time_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let demo = || run(example("backfill").env("TMPDIR", temporary.path())).success();
    assert_eq!(demo(), demo());
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
}
