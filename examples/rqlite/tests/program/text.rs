//! What the command prints for people.

use std::sync::PoisonError;

use crate::host::{add_owner, markers};
use crate::node::Node;
use crate::run::run;

/// The table's lines, without the time in the first one.
fn without_time(text: &str, node: &Node) -> String {
    let (title, rest) = text.split_once('\n').unwrap();
    let (title, after) = title.split_once(", ").unwrap();
    let (_, after) = after.split_once(" ms").unwrap();
    format!("{}{after}\n{rest}", title.replace(&node.url, "NODE"))
}

const DRY_RUN: &str = "\
Dry run on NODE: nothing was written

result            count  meaning
----------------  -----  -----------------------------------------------
owners                4  users to whom a facilitator belongs
created               2  markers to be written
already_enrolled      1  had a marker, which stays as it is
unreadable_date       1  left out: a facilitator's created_at can't be read
";

#[test]
fn a_dry_run_tells_what_would_be_done_and_writes_nothing() {
    let node = Node::sample();
    let text = run(&[&node.url, "--dry-run"]).success();
    let told = without_time(&text, &node);
    for line in DRY_RUN.lines() {
        let line = line.trim_end_matches('-');
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(told.ends_with("\n--explain lists who is left out, and what to do\n"), "{told}");
    assert!(node.asked().iter().all(|head| head.starts_with("POST /db/query?level=weak ")));
}

#[test]
fn a_backfill_tells_what_it_did_and_the_next_has_nothing_to_do() {
    let node = Node::sample();
    let told = without_time(&run(&[&node.url]).success(), &node);
    assert!(told.starts_with("Backfill of NODE\n\nresult "), "{told}");
    assert!(told.contains("created               2  markers written now\n"), "{told}");
    let rows = markers(&node.conn.lock().unwrap());
    assert_eq!(rows.len(), 3);

    node.asked();
    let told = without_time(&run(&[&node.url]).success(), &node);
    assert!(told.contains("created               0  markers written now\n"), "{told}");
    assert!(told.contains("already_enrolled      3  "), "{told}");
    assert!(!node.asked().iter().any(|head| head.starts_with("POST /db/execute")));
    assert_eq!(markers(&node.conn.lock().unwrap()), rows);
}

#[test]
fn pages_are_as_large_as_somebody_says() {
    for (owners, pages) in [("1", 2), ("2", 1)] {
        let node = Node::sample();
        run(&[&node.url, "--owners-per-page", owners]).success();
        let writes = node.asked().iter().filter(|head| head.starts_with("POST /db/execute ")).count();
        assert_eq!(writes, pages);
    }
}

#[test]
fn the_last_list_is_a_strong_read() {
    let node = Node::sample();
    run(&[&node.url]).success();
    let levels = ["weak", "weak", "strong", "strong"].map(|level| format!("POST /db/query?level={level} "));
    let asked = node.asked();
    let reads = asked.iter().filter(|head| head.starts_with("POST /db/query"));
    for (head, level) in reads.zip(&levels) {
        assert!(head.starts_with(level), "{head}");
    }
    assert_eq!(asked.len(), 5);
}

#[test]
fn explain_lists_who_is_left_out_and_in_a_dry_run_who_would_be_enrolled() {
    let node = Node::sample();
    let text = run(&[&node.url, "--dry-run", "--explain"]).success();
    for line in [
        "\n\nLeft out, and what to do:\n",
        "\nunknown_user: owner_address \"dsvusvzsgpoppgdzupux7jddwfs4oohh\" names no user; ",
        "\nambiguous_user: owner_address \"jbl7dwthmqt8yjibak7za1lwvrkpgmxb\" could mean any of the users \"JBl7",
        "\nunreadable_date: user \"BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB\" has facilitators whose created_at can't be read: ",
        "\n\nOnce you know which of several users is meant, --enroll ID enrolls that one.\n",
        "\n\nTo be enrolled:\nuser \"Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy\" would be enrolled since 2026-01-05 10:00:00\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let text = run(&[&node.url, "--explain"]).success();
    assert!(text.contains("\nunknown_user: ") && !text.contains("To be enrolled"), "{text}");
}

#[test]
fn explain_says_nobody_where_nobody_is() {
    let node = Node::sample();
    node.conn.lock().unwrap_or_else(PoisonError::into_inner).execute("DELETE FROM facilitators", []).unwrap();
    let text = run(&[&node.url, "--dry-run", "--explain", "--strict"]).success();
    assert!(text.ends_with("Left out, and what to do:\nnobody\n\nTo be enrolled:\nnobody\n"), "{text}");
}

#[test]
fn strict_exits_with_3_if_an_owner_is_left_out() {
    let node = Node::sample();
    for options in [&["--strict"][..], &["--strict", "--dry-run"], &["--strict", "--json"]] {
        let run = run(&[&[node.url.as_str()], options].concat());
        assert_eq!((run.status, run.stderr.as_str()), (Some(3), ""), "{options:?}");
        assert!(!run.stdout.contains("left_out"), "{}", run.stdout);
    }
    let conn = node.conn.lock().unwrap();
    conn.execute("DELETE FROM facilitators", []).unwrap();
    add_owner(&conn, "Ada", "2026-01-21");
    drop(conn);
    run(&[&node.url, "--strict"]).success();
}
