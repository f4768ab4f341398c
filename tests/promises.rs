//! Each promise of docs/promises.md has tests, and each of these is there.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../docs/promises.md");

/// A test that holds a promise: where it is, and its function's name.
type Held = (&'static str, &'static str);

/// Each promise with its tests. A name in the page belongs to the file, or the folder, that was named last.
fn promises() -> Vec<(&'static str, Vec<Held>)> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise |"));
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
    let is_called = || text.matches(&format!("{name}(")).count() > 1 || text.contains(&format!(", {name},"));
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
    let promises = promises();
    assert!(promises.len() > 40, "{}", promises.len());
    for (promise, tests) in promises {
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
