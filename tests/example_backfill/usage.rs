//! What is wrong usage, and what isn't.

use crate::program::{Database, backfill};

#[test]
fn wrong_usage_exits_with_2_and_prints_nothing_on_standard_output() {
    for arguments in [
        &["--dry-run"][..],
        &["--explain"],
        &["--json"],
        &["--owners-per-step", "10"],
        &["--pause", "0"],
        &["--busy-timeout", "0"],
        &["host.db", "--unknown"],
        &["host.db", "other.db"],
        &["host.db", "--owners-per-step", "0"],
        &["host.db", "--owners-per-step", "-1"],
        &["host.db", "--owners-per-step", "many"],
        &["host.db", "--owners-per-step"],
        &["host.db", "--pause", "-1"],
        &["host.db", "--busy-timeout", "2147483648"],
    ] {
        let run = backfill(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.starts_with("error: "), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn wrong_usage_leaves_the_database_alone() {
    let database = Database::sample();
    let before = database.bytes();
    assert_eq!(database.backfill(&["--owners-per-step", "0"]).status, Some(2));
    assert_eq!(database.bytes(), before);
}

#[test]
fn help_tells_of_every_option_and_of_the_exit_status() {
    let help = backfill(&["--help"]).success();
    for option in
        ["[PATH]", "--dry-run", "--explain", "--json", "--owners-per-step", "--pause", "--busy-timeout"]
    {
        assert!(help.contains(option), "{option}: {help}");
    }
    assert!(help.contains("0 done, 1 failed, 2 wrong usage"), "{help}");
}
