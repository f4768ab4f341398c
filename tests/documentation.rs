//! What README and docs show works.

mod host;

use std::fs;
use std::path::Path;
use std::process::Command;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Error, Missing, backfill_facilitator_markers, create_facilitator_marker, ensure_facilitator_marker,
    for_each_skipped_owner, preview_facilitator_markers,
};

const README: &str = include_str!("../README.md");
const SCHEMA_PAGE: &str = include_str!("../docs/schema.md");
const RELIABILITY_PAGE: &str = include_str!("../docs/reliability.md");

/// The first block of code in this language after a heading.
fn block<'p>(page: &'p str, heading: &str, language: &str) -> &'p str {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the section is there");
    let (_, rest) = section.split_once(&format!("```{language}\n")).expect("the block is there");
    rest.split_once("```\n").expect("the block is closed").0
}

#[test]
fn a_program_with_the_dependency_of_the_readme_builds() {
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    fs::create_dir_all(folder.join("src")).unwrap();
    let dependencies = block(README, "Use it from Rust", "toml").replace("../facilitator-markers", root);
    assert!(dependencies.contains(root), "{dependencies}");
    let manifest = format!(
        "[package]\nname = \"readme\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{dependencies}\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let program =
        format!("#![allow(dead_code)]\n{}\nfn main() {{}}\n", block(README, "Use it from Rust", "rust"));
    fs::write(folder.join("src/main.rs"), program).unwrap();
    // The versions that are there; those that this program doesn't need go.
    fs::copy(format!("{root}/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let build = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        // Not what the tests themselves are built with.
        .env_remove("LIBSQLITE3_SYS_USE_PKG_CONFIG")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
}

/// The names in a row of a table: in each cell, those that stand in backticks at its beginning.
fn names(row: &str) -> Vec<Vec<&str>> {
    let cells = row.trim_matches('|').split('|');
    cells.map(|cell| cell.split('`').skip(1).step_by(2).collect()).collect()
}

/// The rows of the table on the page whose heading begins so.
fn rows(heading: &str) -> Vec<Vec<Vec<&'static str>>> {
    let lines = SCHEMA_PAGE.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    lines.take_while(|line| line.starts_with('|')).map(names).collect()
}

/// Table and column of each row.
fn columns() -> Vec<(&'static str, &'static str)> {
    rows("| table | column |").iter().map(|row| (row[0][0], row[1][0])).collect()
}

fn unique() -> Vec<(&'static str, Vec<&'static str>)> {
    rows("| table | columns |").iter().map(|row| (row[0][0], row[1].clone())).collect()
}

/// A host that has nothing but what the page lists.
fn host(columns: &[(&str, &str)], unique: &[(&str, Vec<&str>)]) -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    for table in ["user", "facilitators", "reward_addresses"] {
        let of_table =
            columns.iter().filter(|(of, _)| *of == table).map(|(_, column)| format!("{column} TEXT"));
        let unique = unique.iter().filter(|(of, _)| *of == table);
        let unique = unique.map(|(_, columns)| format!("UNIQUE ({})", columns.join(", ")));
        let parts: Vec<_> = ["further TEXT".to_owned()].into_iter().chain(of_table).chain(unique).collect();
        conn.execute_batch(&format!("CREATE TABLE \"{table}\" ({})", parts.join(", "))).unwrap();
    }
    conn
}

#[test]
fn a_host_that_has_what_the_schema_page_lists_is_served() {
    let conn = host(&columns(), &unique());
    conn.execute_batch(
        "INSERT INTO \"user\"(id) VALUES ('Ada'), ('Bob');
         INSERT INTO facilitators(owner_address, created_at) VALUES ('ada', '2026-01-21'), ('bob', '2026-01-22')",
    )
    .unwrap();
    assert_eq!(preview_facilitator_markers(&conn).unwrap().report.created, 2);
    assert_eq!(ensure_facilitator_marker(&conn, "Ada").unwrap().name(), "created");
    assert_eq!(create_facilitator_marker(&conn, "Ada", "2026-01-21").unwrap().name(), "already_enrolled");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 1);
    for_each_skipped_owner(&conn, |owner| panic!("{owner}")).unwrap();
}

#[test]
fn each_thing_that_the_schema_page_lists_is_needed() {
    let missing = |columns: &[_], unique: &[_]| match backfill_facilitator_markers(&host(columns, unique)) {
        Err(Error::MissingSchema { missing }) => missing,
        other => panic!("{other:?}"),
    };
    let (columns, unique) = (columns(), unique());
    assert_eq!((columns.len(), unique.len()), (10, 3));
    for (table, column) in &columns {
        let others: Vec<_> = columns.iter().filter(|other| **other != (*table, *column)).copied().collect();
        let not_on_it: Vec<_> =
            unique.iter().filter(|(of, on)| of != table || !on.contains(column)).cloned().collect();
        assert!(
            missing(&others, &not_on_it).contains(&Missing::Column { table, column }),
            "{table}.{column}"
        );
    }
    for one in &unique {
        let others: Vec<_> = unique.iter().filter(|other| *other != one).cloned().collect();
        let missing = missing(&columns, &others);
        let is_it = |missing: &Missing| matches!(missing, Missing::Unique { table, columns, .. } if *table == one.0 && **columns == one.1[..]);
        assert!(missing.len() == 1 && is_it(&missing[0]), "{one:?}: {missing:?}");
    }
}

#[test]
fn what_the_reliability_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/", "fuzz/", "extension/", ".ci/"];
    let code = RELIABILITY_PAGE.split('`').skip(1).step_by(2);
    let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
    let paths: Vec<_> =
        words.iter().filter(|word| folders.iter().any(|folder| word.starts_with(folder))).collect();
    let tests: Vec<_> = words.windows(2).filter(|two| two[0] == "--test").map(|two| two[1]).collect();
    assert!(paths.len() > 10 && tests.len() > 10, "{paths:?} {tests:?}");
    for path in paths {
        assert!(root.join(path).exists(), "{path}");
    }
    for test in tests {
        let is_there = root.join(format!("tests/{test}.rs")).exists()
            || root.join(format!("tests/{test}/main.rs")).exists();
        assert!(is_there, "{test}");
    }
}
