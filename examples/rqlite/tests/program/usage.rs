//! What is wrong usage, and what isn't.

use crate::node::Node;
use crate::run::run;

const NODE: &str = "http://127.0.0.1:1";

#[test]
fn wrong_usage_exits_with_2_and_prints_nothing_on_standard_output() {
    for arguments in [
        &[][..],
        &["--dry-run"],
        &["127.0.0.1:4001"],
        &["ftp://127.0.0.1:4001"],
        &["http://127.0.0.1:4001/db"],
        &["http://127.0.0.1:4001?level=none"],
        &[NODE, "host.db"],
        &[NODE, "--unknown"],
        &[NODE, "--owners-per-page", "0"],
        &[NODE, "--owners-per-page", "-1"],
        &[NODE, "--owners-per-page", "many"],
        &[NODE, "--timeout", "0"],
        &[NODE, "--patience", "-1"],
        &[NODE, "--json", "--json-lines"],
        &[NODE, "--enroll"],
        &[NODE, "--enroll", "Xk9", "--dry-run"],
        &[NODE, "--enroll", "Xk9", "--explain"],
        &[NODE, "--enroll", "Xk9", "--strict"],
        &[NODE, "--enroll", "Xk9", "--json-lines"],
        &[NODE, "--enroll", "Xk9", "--owners-per-page", "10"],
    ] {
        let run = run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.starts_with("error: "), "{arguments:?}: {}", run.stderr);
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_says_how_the_program_is_built_that_knows_it() {
    let run = run(&["https://127.0.0.1:4001"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("build it with --features tls"), "{}", run.stderr);
}

#[test]
fn help_tells_of_every_option_and_of_the_exit_status() {
    let help = run(&["--help"]).success();
    for option in [
        "<NODE>...",
        "--dry-run",
        "--explain",
        "--strict",
        "--enroll <ID>",
        "--json",
        "--json-lines",
        "--owners-per-page <N>",
        "--timeout <MS>",
        "--patience <MS>",
        "Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with owners left out",
        "[default: 500]",
        "[default: 30000]",
        "[default: 60000]",
    ] {
        assert!(help.contains(option), "{option}: {help}");
    }
}

#[test]
fn wrong_usage_asks_no_node() {
    let node = Node::sample();
    assert_eq!(run(&[&node.url, "--owners-per-page", "0"]).status, Some(2));
    assert!(node.asked().is_empty());
}
