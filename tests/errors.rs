//! docs/errors.md is the one table of failures: what Rust answers, what the documentation of `Error::code` and the C
//! header say, and what the page says are the same.

mod host;

use std::collections::BTreeSet;
use std::ffi::c_int;
use std::fs;
use std::path::Path;

use facilitator_markers::rusqlite::{self, ffi};
use facilitator_markers::{Error, Refusal, ensure_facilitator_marker};
use host::{add_owner, add_reward_address, in_memory};

const PAGE: &str = include_str!("../docs/errors.md");
const HEADER: &str = include_str!("../include/facilitator_markers.h");

/// The codes that the tables name, some of which are younger than the oldest bindings.
const CODES: [(&str, c_int); 28] = [
    ("SQLITE_ABORT", ffi::SQLITE_ABORT),
    ("SQLITE_ABORT_ROLLBACK", ffi::SQLITE_ABORT_ROLLBACK),
    ("SQLITE_AUTH", ffi::SQLITE_AUTH),
    ("SQLITE_BUSY", ffi::SQLITE_BUSY),
    ("SQLITE_BUSY_SNAPSHOT", ffi::SQLITE_BUSY_SNAPSHOT),
    ("SQLITE_CANTOPEN", ffi::SQLITE_CANTOPEN),
    ("SQLITE_CONSTRAINT_CHECK", ffi::SQLITE_CONSTRAINT_CHECK),
    ("SQLITE_CONSTRAINT_COMMITHOOK", ffi::SQLITE_CONSTRAINT_COMMITHOOK),
    ("SQLITE_CONSTRAINT_DATATYPE", 3091),
    ("SQLITE_CONSTRAINT_FOREIGNKEY", ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
    ("SQLITE_CONSTRAINT_NOTNULL", ffi::SQLITE_CONSTRAINT_NOTNULL),
    ("SQLITE_CONSTRAINT_TRIGGER", ffi::SQLITE_CONSTRAINT_TRIGGER),
    ("SQLITE_CONSTRAINT_UNIQUE", ffi::SQLITE_CONSTRAINT_UNIQUE),
    ("SQLITE_CORRUPT", ffi::SQLITE_CORRUPT),
    ("SQLITE_ERROR", ffi::SQLITE_ERROR),
    ("SQLITE_FULL", ffi::SQLITE_FULL),
    ("SQLITE_INTERNAL", ffi::SQLITE_INTERNAL),
    ("SQLITE_INTERRUPT", ffi::SQLITE_INTERRUPT),
    ("SQLITE_IOERR", ffi::SQLITE_IOERR),
    ("SQLITE_LOCKED", ffi::SQLITE_LOCKED),
    ("SQLITE_MISUSE", ffi::SQLITE_MISUSE),
    ("SQLITE_NOMEM", ffi::SQLITE_NOMEM),
    ("SQLITE_NOTADB", ffi::SQLITE_NOTADB),
    ("SQLITE_PROTOCOL", ffi::SQLITE_PROTOCOL),
    ("SQLITE_READONLY", ffi::SQLITE_READONLY),
    ("SQLITE_SCHEMA", ffi::SQLITE_SCHEMA),
    ("SQLITE_TOOBIG", ffi::SQLITE_TOOBIG),
    ("SQLITE_OK", ffi::SQLITE_OK),
];

fn code(name: &str) -> c_int {
    CODES.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{name} is no code")).1
}

/// A row of the page.
#[derive(Debug)]
struct Failure {
    /// Its names in Rust, such as `Error::Bug`.
    names: Vec<&'static str>,
    codes: Vec<&'static str>,
    is_retryable: bool,
}

fn in_backticks(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn failures() -> Vec<Failure> {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("| what failed |")).skip(2);
    let rows: Vec<_> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|row| {
            let [_, _, names, codes, _, retry, _, _] = row.split('|').collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            let is_retryable = retry.trim().starts_with("yes");
            assert!(is_retryable || retry.trim() == "no", "{row}");
            Failure { names: in_backticks(names), codes: in_backticks(codes), is_retryable }
        })
        .collect();
    assert!(rows.len() > 20, "{rows:?}");
    rows
}

/// A marker that is refused, whose reason is then replaced: nobody else can make this error.
fn refused(refusal: Refusal) -> Error {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    add_reward_address(&conn, "FACILITATOR_OWNER:Ada", "Ada", "evm", "0x1");
    match ensure_facilitator_marker(&conn, "Ada") {
        Err(Error::MarkerRefused { count, mut first, report }) => {
            first.refusal = refusal;
            Error::MarkerRefused { count, first, report }
        }
        other => panic!("{other:?}"),
    }
}

/// The error that the page calls so, where SQLite's answer decides with this code.
fn error(name: &str, code: c_int) -> Error {
    let text = || "text".to_owned();
    let refusal = match name {
        "Error::UnreadableDate" => return Error::UnreadableDate { date: text() },
        "Error::MissingSchema" => return Error::MissingSchema { missing: Vec::new() },
        "Error::UnsupportedSqlite" => return Error::UnsupportedSqlite { version: "3.39.4" },
        "Error::Bug" => return Error::Bug { what: "text" },
        "Error::Sqlite" => return sqlite(code),
        "Refusal::IdTaken" => Refusal::IdTaken { user_id: text(), chain_type: text() },
        "Refusal::AddressTaken" => Refusal::AddressTaken { id: text(), chain_type: text() },
        "Refusal::NotKept" => Refusal::NotKept,
        "Refusal::ColumnWithoutDefault" => Refusal::ColumnWithoutDefault { column: text() },
        "Refusal::ColumnTakesNoText" => Refusal::ColumnTakesNoText { column: text(), declared_type: text() },
        "Refusal::ParentMissing" => Refusal::ParentMissing { parent: text() },
        "Refusal::ChainTypeCheck" => Refusal::ChainTypeCheck { check: text() },
        "Refusal::TurnedAway" => Refusal::TurnedAway { code, message: text() },
        other => panic!("{other} is new: make one here"),
    };
    refused(refusal)
}

fn sqlite(code: c_int) -> Error {
    Error::Sqlite {
        doing: "reading",
        code,
        source: rusqlite::Error::SqliteFailure(ffi::Error::new(code), None),
    }
}

#[test]
fn each_failure_has_the_code_of_the_page_and_is_retried_as_it_says() {
    for failure in failures() {
        for name in &failure.names {
            for code_name in &failure.codes {
                let error = error(name, code(code_name));
                assert_eq!(error.code(), code(code_name), "{name}");
                assert_eq!(error.is_retryable(), failure.is_retryable, "{name}, {code_name}");
                let ended = Error::TransactionEnded { cause: Box::new(error) };
                assert_eq!(
                    (ended.code(), ended.is_retryable()),
                    (code(code_name), failure.is_retryable),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn no_code_is_worth_a_retry_that_the_page_does_not_name() {
    let retried: BTreeSet<_> =
        failures().iter().filter(|failure| failure.is_retryable).flat_map(codes_of).collect();
    for primary in 1..=28 {
        for extended in 0..=40 {
            let code = primary | extended << 8;
            let is_named = retried.contains(&code) || retried.contains(&primary);
            assert_eq!(sqlite(code).is_retryable(), is_named, "{code}");
        }
    }
}

fn codes_of(failure: &Failure) -> Vec<c_int> {
    failure.codes.iter().map(|name| code(name)).collect()
}

/// The text of the file below src/ that has this line.
fn source_with(line: &str) -> String {
    fn search(folder: &Path, line: &str) -> Option<String> {
        fs::read_dir(folder).unwrap().find_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return search(&path, line);
            }
            fs::read_to_string(path).ok().filter(|text| text.lines().any(|of_text| of_text == line))
        })
    }
    search(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), line).unwrap_or_else(|| panic!("no {line:?}"))
}

/// The names of an enum's variants.
fn variants(name: &str) -> BTreeSet<String> {
    let (head, text) = (format!("pub enum {name} {{"), source_with(&format!("pub enum {name} {{")));
    let lines = text.lines().skip_while(|line| *line != head).skip(1).take_while(|line| *line != "}");
    let names = lines
        .filter_map(|line| line.strip_prefix("    ").filter(|rest| rest.starts_with(char::is_uppercase)));
    names.map(|rest| format!("{name}::{}", rest.trim_end_matches(|c: char| !c.is_alphanumeric()))).collect()
}

#[test]
fn the_page_names_every_error_and_every_refusal() {
    let below =
        ["Error::MarkerRefused", "Error::RepairRefused", "Error::TransactionEnded", "Error::NotUndone"];
    assert!(below.iter().all(|name| PAGE.contains(&format!("`{name}`"))));
    let failures = failures();
    let in_table = failures.iter().flat_map(|failure| failure.names.iter().copied());
    let named: BTreeSet<_> = in_table.chain(below).map(str::to_owned).collect();
    assert_eq!(named, &variants("Error") | &variants("Refusal"));
}

/// Codes with their retry, in a table whose rows end with the latter.
fn told(rows: impl Iterator<Item = String>) -> Vec<(c_int, bool)> {
    let rows: Vec<_> = rows.collect();
    let codes = rows.iter().flat_map(|row| {
        let is_retryable = row.contains(" yes") || row.ends_with("(1)");
        let words =
            row.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| word.contains('_'));
        let known = words.filter_map(|word| {
            let is_meant =
                |(name, _): &&(&str, _)| *name == word || word.starts_with('_') && name.ends_with(word);
            CODES.iter().find(is_meant).map(|(_, code)| *code)
        });
        known.map(move |code| (code, is_retryable)).collect::<Vec<_>>()
    });
    codes.collect()
}

#[test]
fn the_documentation_and_the_header_say_the_same_of_each_code() {
    let page: BTreeSet<_> = failures()
        .iter()
        .flat_map(|failure| codes_of(failure).into_iter().map(|code| (code, failure.is_retryable)))
        .collect();
    let source = source_with("pub enum Error {");
    let rustdoc = source.lines().map(str::trim).filter(|line| line.starts_with("/// |")).map(str::to_owned);
    let header = HEADER.lines().skip_while(|line| !line.contains("what failed  ")).skip(1);
    let header = header.take_while(|line| *line != " *").map(str::to_owned);
    for (place, told, least) in [("rustdoc", told(rustdoc), 17), ("header", told(header), 20)] {
        assert!(told.len() >= least, "{place}: {told:?}");
        for told in told {
            assert!(page.contains(&told), "{place} says {told:?}, and the page doesn't");
        }
    }
}
