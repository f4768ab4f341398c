//! The numbers of docs/limits.md are those of the sources, and hold.

#[path = "../host/mod.rs"]
mod host;
mod reached;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use facilitator_markers::{Backfill, Error, create_facilitator_marker};
use host::in_memory;

const PAGE: &str = include_str!("../../docs/limits.md");
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// Numbers in the sources that choose a way, or are of a hash's making, and bound nothing that a host could notice.
const NO_BOUNDS: [&str; 11] = [
    "COMMIT",
    "EACH",
    "HIGHEST",
    "FRESH_PER_RECHECK",
    "NEAR",
    "NINE_DIGITS",
    "PASSED_PER_OWNER",
    "PIECE",
    "RUN",
    "SEEKS_PER_TEXT",
    "WORDS",
];

/// The cells of the page's rows.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what |"));
    rows.map(|row| row.trim_matches('|').split(" |").map(str::trim).collect())
}

/// The second cell of the row that begins so.
fn bound(what: &str) -> &'static str {
    rows().find(|cells| cells[0] == what).unwrap_or_else(|| panic!("no row {what:?}"))[1].trim_matches('`')
}

/// A number of the page, such as `10,000`, `4 MiB` or `250 ms`; sizes are in bytes.
fn number(text: &str) -> u64 {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: u64 = digits.replace(',', "").parse().unwrap_or_else(|_| panic!("{text:?}"));
    match unit {
        "KiB" => number << 10,
        "MiB" => number << 20,
        _ => number,
    }
}

/// The bounds of the page by their names in the sources.
fn bounds() -> BTreeMap<&'static str, u64> {
    let of_sources = rows().filter(|cells| cells.len() == 5);
    of_sources.map(|cells| (cells[3].trim_matches('`'), number(cells[1]))).collect()
}

/// The types of sizes, counts and durations.
const SIZES: [&str; 4] = ["usize", "u64", "u32", "Duration"];

/// What the sources in this folder call `const NAME: TYPE` for one of these types, without what is for tests.
fn constants(folder: &str, types: &[&str]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), types, &mut found);
    found
}

fn collect(folder: &Path, types: &[&str], found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, types, found);
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for line in text.split("#[cfg(test)]").next().unwrap().lines() {
            let Some((_, rest)) = line.split_once("const ") else { continue };
            let Some((name, rest)) = rest.split_once(": ") else { continue };
            let Some((kind, value)) = rest.trim_end_matches(';').split_once(" = ") else { continue };
            if let (true, Some(value)) = (types.contains(&kind), evaluated(value)) {
                found.insert(name.to_owned(), value);
            }
        }
    }
}

/// `1_000`, `4 << 20` or `Duration::from_millis(5)`.
fn evaluated(value: &str) -> Option<u64> {
    let value = value.trim_start_matches("Duration::from_millis(").trim_end_matches(')').replace('_', "");
    match value.split_once(" << ") {
        Some((number, places)) => Some(number.parse::<u64>().ok()? << places.parse::<u32>().ok()?),
        None => value.parse().ok(),
    }
}

#[test]
fn each_number_is_that_of_the_sources_and_none_is_missing() {
    let constants = constants("src", &SIZES);
    let bounds = bounds();
    for (name, bound) in &bounds {
        assert_eq!(constants.get(*name), Some(bound), "{name}");
    }
    for name in constants.keys() {
        let is_told = bounds.contains_key(name.as_str()) || NO_BOUNDS.contains(&name.as_str());
        assert!(is_told, "{name} is neither on the page nor among those that bound nothing");
    }
    assert_eq!(bounds["OWNERS_PER_STEP"], Backfill::DEFAULT_OWNERS_PER_STEP);
    assert_eq!(u128::from(bounds["PAUSE"]), Backfill::DEFAULT_PAUSE.as_millis());
    assert_eq!(bounds["CAPACITY"] * 32, 48 << 20);
}

#[test]
fn each_test_that_the_page_names_is_there() {
    let mut texts = String::new();
    let mut folders =
        ["src", "tests"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => texts += &fs::read_to_string(path).unwrap_or_default(),
            }
        }
    }
    let words: BTreeSet<_> = PAGE.split('`').skip(1).step_by(2).collect();
    let tests: Vec<_> =
        words.iter().filter(|word| word.contains('_') && **word == word.to_lowercase()).collect();
    let tests: Vec<_> = tests.into_iter().filter(|word| !word.starts_with("backfill_")).collect();
    assert!(tests.len() >= 14, "{tests:?}");
    for test in tests {
        assert!(texts.contains(&format!("fn {test}(")), "{test}");
    }
}

#[test]
fn what_it_works_with_is_as_the_page_says() {
    let first_word = |what| bound(what).split(' ').next().unwrap();
    let (major, minor) = first_word("SQLite").split_once('.').unwrap();
    let [major, minor]: [u32; 2] = [major, minor].map(|part| part.parse().unwrap());
    let number = u64::from(major * 1_000_000 + minor * 1_000);
    assert_eq!(constants("extension/src", &["c_int"])["OLDEST"], number);
    let error = Error::UnsupportedSqlite { version: "3.39.4" }.to_string();
    assert!(error.ends_with(&format!("need {major}.{minor} or later")), "{error}");
    assert!(MANIFEST.contains(&format!("requires = \"sqlite3 >= {major}.{minor}\"")));

    let (first, last) = bound("rusqlite").split_once(" to ").unwrap();
    let (major, minor) = last.split_once('.').unwrap();
    let beyond = format!("{major}.{}", minor.parse::<u32>().unwrap() + 1);
    assert!(MANIFEST.contains(&format!("rusqlite = {{ version = \">={first}, <{beyond}\"")));

    assert!(MANIFEST.contains(&format!("rust-version = \"{}\"", first_word("Rust"))));

    let size = bound("the C library, as a shared library");
    assert!(include_str!("../../.ci/capi").contains(&format!("more than {size}.")), "{size}");
}

#[test]
fn the_first_and_the_last_date_are_those_of_the_page() {
    let conn = in_memory();
    let is_read = |date: &str| {
        match create_facilitator_marker(&conn, "Nobody", date) {
            Ok(outcome) => assert_eq!(outcome.name(), "unknown_user"),
            Err(error) => {
                assert!(matches!(error, Error::UnreadableDate { .. }), "{error}");
                return false;
            }
        }
        true
    };
    let (first, last) = (bound("the first date"), bound("the last date"));
    let zone = bound("the offset of a zone");
    for read in [
        first,
        last,
        &format!("{first}-{zone}"),
        &format!("{last}+{zone}"),
        &format!("{last}.{}", "9".repeat(99)),
    ] {
        assert!(is_read(read), "{read}");
    }
    for not_read in
        [format!("{first}+00:01"), format!("{last}-00:01"), "2026-01-21 00:00:00+15:00".to_owned()]
    {
        assert!(!is_read(&not_read), "{not_read}");
    }
}
