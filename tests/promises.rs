//! Each promise of docs/promises.md, and each invariant of ARCHITECTURE.md, has tests, and each of these is there.

use std::fs;
use std::path::{Path, PathBuf};

const PROMISES: &str = include_str!("../docs/promises.md");
const ARCHITECTURE: &str = include_str!("../ARCHITECTURE.md");

/// A test that holds a promise: where it is, and its function's name.
type Held = (&'static str, &'static str);

/// Each promise of a page's tables with its tests. A name belongs to the file, or the folder, that was named last.
fn promises(page: &'static str) -> Vec<(&'static str, Vec<Held>)> {
    let tables = page
        .split("\n\n")
        .filter(|block| block.lines().next().is_some_and(|row| row.ends_with("| held by |")));
    let rows = tables.flat_map(|table| table.lines().skip(2));
    rows.map(|row| {
        let [_, promise, held, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let (mut file, mut tests) = ("", Vec::new());
        for name in held.split('`').skip(1).step_by(2) {
            match name == "src" || name.contains('/') {
                true => file = name,
                false => tests.push((file, name)),
            }
        }
        (promise.trim(), tests)
    })
    .collect()
}

/// The files that are meant, all those below a folder.
fn files(path: PathBuf) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(files).collect()
}

/// Whether the text of a file has this function, and it is run: by Cargo, or because the file itself calls it.
fn has_test(language: &str, text: &str, name: &str) -> bool {
    let is_listed = || text.contains(&format!(", {name},")) || text.contains(&format!("\n    {name},\n"));
    let is_called = || text.matches(&format!("{name}(")).count() > 1 || is_listed();
    match language {
        "rs" => text.split_once(&format!("fn {name}(")).is_some_and(|(before, _)| {
            let attributes = before.trim_end().lines().rev().map(str::trim);
            attributes.take_while(|line| line.starts_with("#[")).any(|line| line == "#[test]")
        }),
        "py" => text.contains(&format!("\ndef {name}(")) && is_called(),
        "c" => text.contains(&format!("{name}(")) && (name == "main" || is_called()),
        other => panic!("{other} is no language that tests are written in"),
    }
}

#[test]
fn each_promise_has_tests_and_they_are_there() {
    let promises = [promises(PROMISES), promises(ARCHITECTURE)];
    assert!(promises[0].len() > 40 && promises[1].len() > 5, "{promises:?}");
    for (promise, tests) in promises.into_iter().flatten() {
        assert!(!tests.is_empty(), "no test holds: {promise}");
        for (place, name) in tests {
            let is_there = files(Path::new(env!("CARGO_MANIFEST_DIR")).join(place)).iter().any(|file| {
                let language = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
                has_test(language, &fs::read_to_string(file).unwrap_or_default(), name)
            });
            assert!(is_there, "{place} has no test {name}, which is to hold: {promise}");
        }
    }
}
