//! What is wrong usage, and what isn't.

use facilitator_markers::rusqlite;

use crate::program::{Database, backfill};

#[test]
fn wrong_usage_exits_with_2_and_prints_nothing_on_standard_output() {
    for arguments in [
        &["--dry-run"][..],
        &["--explain"],
        &["--json"],
        &["--json-lines"],
        &["--owners-per-step", "10"],
        &["--pause", "0"],
        &["--busy-timeout", "0"],
        &["--strict"],
        &["--enroll", "Xk9"],
        &["--dry-run", "--immutable"],
        &["host.db", "--immutable"],
        &["host.db", "--enroll"],
        &["host.db", "--enroll", "Xk9", "--dry-run"],
        &["host.db", "--enroll", "Xk9", "--explain"],
        &["host.db", "--enroll", "Xk9", "--strict"],
        &["host.db", "--enroll", "Xk9", "--json-lines"],
        &["host.db", "--json", "--json-lines"],
        &["host.db", "--enroll", "Xk9", "--pause", "0"],
        &["host.db", "--enroll", "Xk9", "--owners-per-step", "10"],
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
    for option in [
        "[PATH]",
        "--dry-run",
        "--immutable",
        "--explain",
        "--strict",
        "--enroll <ID>",
        "--json",
        "--json-lines",
        "--owners-per-step",
        "--pause",
        "--busy-timeout",
        "--version",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
    for status in ["0 done, 1 failed, 2 wrong usage", "3 done with owners left out", "130 ended by Ctrl-C"] {
        assert!(help.contains(status), "{status}: {help}");
    }
}

#[test]
fn version_names_the_package_and_the_sqlite_that_runs() {
    let (package, sqlite) = (env!("CARGO_PKG_VERSION"), rusqlite::version());
    assert_eq!(
        backfill(&["--version"]).success(),
        format!("backfill (facilitator-markers {package}, SQLite {sqlite})\n")
    );
}
