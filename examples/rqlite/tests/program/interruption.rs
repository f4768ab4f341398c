//! Ctrl-C.

use std::process::{Child, Stdio};
use std::sync::mpsc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::host::{add_owner, in_memory, markers};
use crate::node::{Answer, Node};
use crate::run::{Run, command, run};

fn press_ctrl_c(child: &Child) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
}

/// A node of ten owners that answers the second page once a sign is given.
fn node_that_waits() -> (Node, mpsc::Sender<()>) {
    let conn = in_memory();
    for n in 0..10 {
        add_owner(&conn, &format!("Owner{n}"), "2026-01-21 10:00:00");
    }
    let (give, sign) = mpsc::channel();
    let (mut sign, mut pages) = (Some(sign), 0);
    let node = Node::with(conn, move |head| {
        pages += usize::from(head.starts_with("POST /db/execute "));
        match (pages, sign.take_if(|_| pages == 2)) {
            (2, Some(sign)) => Answer::After(sign),
            _ => Answer::AsRqlite,
        }
    });
    (node, give)
}

/// Starts a backfill, and waits until its second page is under way.
fn start(node: &Node) -> Child {
    let child = command(&[&node.url, "--owners-per-page", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pages = 0;
    while pages < 2 {
        pages += usize::from(node.next_asked().starts_with("POST /db/execute "));
    }
    child
}

/// Waits until the program has noted so many of the signals that were sent to it.
fn wait_until_noted(child: &Child) {
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let pending = status.lines().filter(|line| line.starts_with("SigPnd") || line.starts_with("ShdPnd"));
        if pending.into_iter().all(|line| line.ends_with("0000000000000000")) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_stops_after_the_page_that_runs_and_the_same_command_writes_the_rest() {
    let (node, give) = node_that_waits();
    let child = start(&node);
    press_ctrl_c(&child);
    wait_until_noted(&child);
    give.send(()).unwrap();
    let run_before = Run::from(child.wait_with_output().unwrap());
    let visited = markers(&node.conn.lock().unwrap()).len();
    assert_eq!((run_before.status, run_before.stdout.as_str()), (Some(130), ""), "{run_before:?}");
    assert_eq!(
        run_before.stderr,
        format!(
            "backfill-rqlite: interrupted; the markers committed so far stay ({visited} of 10 owners were visited), and the \
             same command writes the rest\n"
        )
    );
    assert!((2..10).contains(&visited), "{visited}");
    let told = run(&[&node.url]).success();
    assert!(told.contains(&format!("created               {}  ", 10 - visited)), "{told}");
}

#[test]
fn ctrl_c_pressed_again_ends_the_program_at_once() {
    let (node, give) = node_that_waits();
    let mut child = start(&node);
    // However often the first one is taken together with the next.
    while child.try_wait().unwrap().is_none() {
        press_ctrl_c(&child);
        std::thread::yield_now();
    }
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.status, run.stdout.as_str()), (Some(130), ""), "{run:?}");
    assert_eq!(
        run.stderr,
        "backfill-rqlite: interrupted; what is committed stays, and the same command writes the rest\n"
    );
    drop(give);
}

#[test]
fn ctrl_c_ends_a_dry_run_which_has_written_nothing() {
    let (give, sign) = mpsc::channel();
    let mut sign = Some(sign);
    let node = Node::with(in_memory(), move |_| sign.take().map_or(Answer::AsRqlite, Answer::After));
    let child = command(&[&node.url, "--dry-run"]).stderr(Stdio::piped()).spawn().unwrap();
    node.next_asked();
    press_ctrl_c(&child);
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.status, Some(130));
    assert_eq!(run.stderr, "backfill-rqlite: interrupted; a dry run writes nothing\n");
    drop(give);
}
