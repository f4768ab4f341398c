//! What is wrong usage, and what isn't.

use facilitator_markers::rusqlite;

use crate::program::{example, run};

#[test]
fn wrong_usage_exits_with_2_and_prints_nothing_on_standard_output() {
    for arguments in [
        &["--repair"][..],
        &["--cost"],
        &["--json-lines"],
        &["--immutable"],
        &["--undo", "undo.jsonl"],
        &["--busy-timeout", "0"],
        &["host.db", "--undo-log", "undo.jsonl"],
        &["host.db", "--undo-log"],
        &["host.db", "--undo"],
        &["host.db", "--undo", "undo.jsonl", "--repair"],
        &["host.db", "--undo", "undo.jsonl", "--cost"],
        &["host.db", "--undo", "undo.jsonl", "--immutable"],
        &["host.db", "--repair", "--immutable"],
        &["host.db", "--unknown"],
        &["host.db", "other.db"],
        &["host.db", "--busy-timeout", "2147483648"],
    ] {
        let run = run(example("audit").args(arguments));
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.starts_with("error: "), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn help_tells_of_every_option_and_of_the_exit_status() {
    let help = run(example("audit").arg("--help")).success();
    for option in [
        "[PATH]",
        "--repair",
        "--undo-log <FILE>",
        "--undo <FILE>",
        "--json-lines",
        "--cost",
        "--immutable",
        "--busy-timeout",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
    for status in [
        "0 nothing is wrong, 1 failed, 2 wrong usage",
        "3 something is wrong and stays so",
        "130 ended by Ctrl-C",
    ] {
        assert!(help.contains(status), "{status}: {help}");
    }
}

#[test]
fn version_names_the_package_and_the_sqlite_that_runs() {
    let (package, sqlite) = (env!("CARGO_PKG_VERSION"), rusqlite::version());
    assert_eq!(
        run(example("audit").arg("--version")).success(),
        format!("audit (facilitator-markers {package}, SQLite {sqlite})\n")
    );
}
