//! The page that the benchmark writes, of figures that were made up.
#![allow(dead_code, reason = "these are the benchmark's own files, of which the page needs a part")]

#[path = "../benches/backfill/figure.rs"]
mod figure;
#[path = "../benches/backfill/machine.rs"]
mod machine;
#[path = "../benches/backfill/measure.rs"]
mod measure;
#[path = "../benches/backfill/page.rs"]
mod page;
#[path = "../benches/backfill/size.rs"]
mod size;
#[path = "../benches/backfill/table.rs"]
mod table;

use figure::{Figure, Topic, Unit};
use machine::Machine;
use size::Sizes;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn page() -> String {
    let machine = Machine {
        command: "cargo bench --bench backfill -- --out docs".into(),
        date: "2026-01-21".into(),
        system: "linux x86_64".into(),
        processors: 2,
        processor: Some("A processor".into()),
        memory: None,
        sqlite: "3.53.2",
        rust: "1.95.0".into(),
    };
    let figures = [
        Figure::new(Topic::FirstRun, "large, NORMAL", "library", Unit::Seconds, 4.5)
            .at_most(5.0)
            .beside("one statement", 9.0, 0.4)
            .beside("floor", 3.0, None),
        Figure::new(Topic::LargestWal, "large, NORMAL", "library", Unit::Bytes, 2.0 * 1024.0 * 1024.0),
    ];
    page::render(&machine, &Sizes::FULL, &figures)
}

#[test]
fn the_page_has_each_figure_with_what_it_is_compared_with() {
    let page = page();
    let rows = page.lines().skip_while(|line| !line.starts_with("| topic"));
    let rows: Vec<Vec<_>> =
        rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let heading = ["topic", "scenario", "what", "figure", "beside", "its figure", "ratio", "target"];
    let first = ["first run", "large, NORMAL", "library", "4.50 s"];
    assert_eq!(rows[0], heading);
    assert!(rows[1].len() == 8 && rows[1].iter().all(|cell| cell.trim_matches('-').is_empty()), "{page}");
    assert_eq!(rows[2], [&first[..], &["", "", "", "≤ 5.00 s: met"]].concat());
    assert_eq!(rows[3], [&first[..], &["one statement", "9.00 s", "0.50", "≤ 0.4: not met"]].concat());
    assert_eq!(rows[4], [&first[..], &["floor", "3.00 s", "1.50", ""]].concat());
    assert_eq!(rows[5], ["largest WAL", "large, NORMAL", "library", "2.0 MiB", "", "", "", ""]);
    assert_eq!(rows.len(), 6);
}

#[test]
fn the_page_says_what_was_measured_with_what() {
    let page = page();
    let command = "\n```sh\ncargo bench --bench backfill -- --out docs\n```\n";
    let facts = "\n- date: 2026-01-21\n- system: linux x86_64\n- processors: 2\n- processor: A processor\n\
                 - SQLite: 3.53.2\n- Rust: 1.95.0\n\n";
    let size = "\n- large: 1,000,000 users, 1,000,000 facilitators\n";
    assert!(page.contains(command) && page.contains(facts) && page.contains(size), "{page}");
}

#[test]
fn what_this_machine_is_can_be_told() {
    let machine = Machine::this().unwrap();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    assert!(machine.date.len() == 10 && machine.date.split('-').all(is_number), "{}", machine.date);
    assert!(machine.rust.split('.').take(2).all(is_number), "{}", machine.rust);
    assert!(machine.processors > 0);
    assert!(!cfg!(target_os = "linux") || machine.memory.is_some_and(|memory| memory.ends_with(" kB")));
}

#[test]
fn the_command_is_the_one_that_was_typed() {
    let command = |typed: &str| machine::command(typed.split(' ').map(str::to_owned));
    let renew = "cargo bench --bench backfill -- --out docs";
    assert_eq!(command("target/release/deps/backfill-0123 --out docs --bench"), renew);
    assert_eq!(command("target/release/deps/backfill-0123 --bench"), "cargo bench --bench backfill");
    assert!(include_str!("../README.md").contains(&format!("\n{renew}\n")));
}
