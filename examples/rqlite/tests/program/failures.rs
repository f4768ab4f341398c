//! Nodes that don't answer, or answer something else.

use crate::host::{in_memory, in_memory_with, markers, schema_with};
use crate::node::{Answer, Node};
use crate::run::run;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";

const SAMPLE: &str = include_str!("../../../backfill/sample.sql");

#[test]
fn a_node_that_is_away_or_has_no_leader_is_passed_over() {
    let node = Node::sample();
    for (n, answer) in [
        Answer::Status("503 Service Unavailable", "leader not found"),
        Answer::Object(r#"{"results":[],"error":"leadership lost while committing log"}"#),
        Answer::Object("{}"),
        Answer::Object("<html>"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut answer = Some(answer);
        let other = Node::with(in_memory(), move |_| {
            answer.take().unwrap_or(Answer::Status("503 Service Unavailable", ""))
        });
        let told = run(&[NOBODY, &other.url, &node.url]).success();
        let created = if n == 0 { "created               2  " } else { "created               0  " };
        assert!(told.contains(created), "{told}");
        assert!(!other.asked().is_empty());
    }
    assert_eq!(markers(&node.conn.lock().unwrap()).len(), 3);
}

#[test]
fn a_node_that_gives_no_answer_in_time_is_passed_over() {
    let (keep, sign) = std::sync::mpsc::channel();
    let mut sign = Some(sign);
    let silent = Node::with(in_memory(), move |_| match sign.take() {
        Some(sign) => Answer::After(sign),
        None => Answer::Status("503 Service Unavailable", ""),
    });
    let node = Node::sample();
    run(&[&silent.url, &node.url, "--timeout", "300"]).success();
    drop(keep);
    assert_eq!(markers(&node.conn.lock().unwrap()).len(), 3);
}

#[test]
fn a_cluster_that_stays_away_is_a_failure_without_the_password() {
    let failed = run(&["http://ada:secret@127.0.0.1:1", "--patience", "0"]);
    let line = failed.failure();
    assert!(line.starts_with("http://127.0.0.1:1: ") && line.contains("--patience"), "{line}");
    assert!(!line.contains("secret"), "{line}");
}

#[test]
fn a_cluster_without_a_leader_is_a_failure_in_its_own_words() {
    let lost = r#"{"results":[],"error":"leadership lost while committing log"}"#;
    let node = Node::with(in_memory(), move |_| Answer::Object(lost));
    let failed = run(&[&node.url, "--patience", "0"]);
    let line = failed.failure();
    assert!(
        line.starts_with(&format!("{}: leadership lost while committing log; check", node.url)),
        "{line}"
    );
}

#[test]
fn a_user_whom_the_cluster_does_not_let_in_is_told_at_once() {
    let node = Node::with(in_memory(), |_| Answer::Status("401 Unauthorized", ""));
    let url = node.url.replace("http://", "http://ada:p%40ss@");
    let failed = run(&[&url]);
    let expected = format!(
        "{}: HTTP status 401 Unauthorized: ; check the node's URL, and its user and password",
        node.url
    );
    assert_eq!(failed.failure(), expected);
    let asked = node.asked();
    // As base64 has ada:p@ss.
    assert!(asked[0].contains("authorization: Basic YWRhOnBAc3M=\r\n"), "{asked:?}");
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_database_that_is_not_the_hosts_is_a_failure_that_names_what_is_missing() {
    let node = Node::with(in_memory_with(""), |_| Answer::AsRqlite);
    let failed = run(&[&node.url]);
    let line = failed.failure();
    assert!(line.starts_with("the cluster answered: no such table: main."), "{line}");
}

#[test]
fn a_refused_marker_is_a_failure_after_the_report_and_explain_lists_it() {
    let conn = in_memory_with(&schema_with(
        "UNIQUE (user_id, address)",
        "UNIQUE (user_id, address), CHECK (created_at > '2026-01-10')",
    ));
    // Cleo's own marker is fine with it.
    conn.execute_batch(&SAMPLE.replace("'2026-01-05 09:28:12'", "'2026-01-15 09:28:12'")).unwrap();
    let node = Node::with(conn, |_| Answer::AsRqlite);
    for options in [&["--explain"][..], &["--json", "--explain"], &["--json-lines"]] {
        let failed = run(&[&[node.url.as_str()], options].concat());
        let line = failed.failure();
        assert!(line.starts_with("1 marker is refused: for user \"Qj6d"), "{line}");
        assert!(line.contains("CHECK constraint failed"), "{line}");
        assert!(
            failed.stdout.contains("refused") && failed.stdout.contains("CHECK constraint failed"),
            "{failed:?}"
        );
    }
    assert_eq!(markers(&node.conn.lock().unwrap()).len(), 2);
}

#[test]
fn a_failure_after_some_pages_says_that_the_rest_can_follow() {
    let conn = in_memory();
    conn.execute_batch(SAMPLE).unwrap();
    let mut pages = 0;
    let node = Node::with(conn, move |head| {
        pages += usize::from(head.starts_with("POST /db/execute "));
        match pages {
            0 | 1 => Answer::AsRqlite,
            _ => Answer::Status("503 Service Unavailable", "leader not found"),
        }
    });
    let failed = run(&[&node.url, "--owners-per-page", "1", "--patience", "0"]);
    let line = failed.failure();
    assert!(
        line.ends_with("; owners visited before that: 1, and then the same command does the rest"),
        "{line}"
    );
    assert_eq!(markers(&node.conn.lock().unwrap()).len(), 2);
}
