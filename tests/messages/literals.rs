//! The texts in the sources, so that a new one is noticed wherever it stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What a statement of SQL, or a part of one, begins with.
const SQL: [&str; 29] = [
    "CAST(",
    "CREATE TABLE ",
    "DELETE FROM",
    "INSERT INTO",
    "INTEGER ",
    "ORDER BY",
    "PRAGMA ",
    "RELEASE ",
    "ROLLBACK TO {",
    "SAVEPOINT ",
    "SELECT ",
    "TEXT ",
    "UPDATE ",
    "VALUES ",
    "WHERE ",
    "owner_address = ",
    "sqlite_",
    "typeof(",
    "(?, ",
    "id COLLATE",
    "id = ",
    "id IS ",
    "{update} ",
    " COLLATE ",
    "{select} ",
    "{of_user} ",
    "{} = ?{",
    "' || char(",
    "{sql} ",
];

/// What nobody reads who uses the library: of checks that can't fail, and what the compiler says where features don't go
/// together.
const NOT_SAID: [&str; 4] =
    ["eight bytes", "missing", "remaining", "the C library never carries a SQLite of its own"];

/// The texts in these folders that a person may come to read: those of several words, and what the library was doing.
pub fn of(folders: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in folders {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    found.retain(|literal| {
        let is_prose = literal.trim().contains(' ') || literal.ends_with("ing");
        is_prose && !SQL.iter().chain(&NOT_SAID).any(|beginning| literal.starts_with(beginning))
    });
    found
}

fn collect(path: &Path, found: &mut BTreeSet<String>) {
    if path.file_stem().is_some_and(|name| name == "tests") {
        return;
    }
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.collect::<BTreeSet<PathBuf>>().iter().for_each(|path| collect(path, found));
    } else {
        let text = fs::read_to_string(path).unwrap();
        walk(text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display())), found);
    }
}

/// Attributes say something only where they make a message; what is for tests says nothing.
fn walk(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut is_for_tests = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let attribute = group.stream().to_string();
                is_for_tests |= attribute == "cfg (test)";
                if !["doc ", "allow ", "cfg "].iter().any(|other| attribute.starts_with(other)) {
                    walk(group.stream(), found);
                }
            }
            // What it is on ends here.
            TokenTree::Group(group) if is_for_tests && group.delimiter() == Delimiter::Brace => {
                is_for_tests = false
            }
            TokenTree::Punct(punct) if is_for_tests && punct.as_char() == ';' => is_for_tests = false,
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.insert(text.value());
                }
            }
            _ => {}
        }
    }
}

/// Whether the page has what stands between the places that a text leaves for values.
pub fn is_said_in(page: &str, literal: &str) -> bool {
    let literal = literal.replace("{{", "").replace("}}", "");
    let parts = literal.split('{').enumerate().map(|(number, part)| match number {
        0 => part,
        _ => part.split_once('}').map_or("", |(_, rest)| rest),
    });
    parts.into_iter().all(|part| page.contains(part.trim()))
}
