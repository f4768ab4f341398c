//! docs/messages.txt has every message that the library can say. `WRITE_MESSAGES=1 cargo test --features capi --test
//! messages` writes it anew; the extension's own are kept by extension/tests/messages.py.

#[cfg(feature = "capi")]
#[path = "../abi/mod.rs"]
mod abi;
#[cfg(feature = "capi")]
mod c;
mod errors;
#[path = "../host/mod.rs"]
mod host;
mod literals;
mod markers;
mod own_texts;
mod owners;
mod refusals;
mod sections;
mod sqlite;

use sections::{PAGE, check};

#[test]
fn each_message_is_as_in_the_committed_file() {
    check("What a call fails with", errors::lines());
    check("Why a marker is refused", refusals::lines());
    check("What SQLite answers, and what to do about it", sqlite::answers());
    check("What the library was doing", sqlite::doings());
    check("What the library says in the place of SQLite's own text", own_texts::lines());
    check("What a preview warns of", owners::warnings());
    check("Whom a backfill leaves out", owners::skipped());
    check("Whom a backfill would enroll", owners::due());
    check("Outcomes and markers, for a log", owners::outcomes());
    check("What is wrong with a marker", markers::findings());
    check("What a wrong marker costs", markers::costs());
    check("What a repair changed", markers::changes());
    #[cfg(feature = "capi")]
    check("What only the C library says", c::lines());
}

#[test]
fn no_text_of_the_sources_is_missing_in_the_file() {
    let literals = literals::of(&["src", "extension/src"]);
    assert!(literals.len() > 100, "{literals:#?}");
    let missing: Vec<_> = literals.iter().filter(|literal| !literals::is_said_in(PAGE, literal)).collect();
    assert!(missing.is_empty(), "docs/messages.txt has nothing of {missing:#?}");
}

#[test]
fn what_the_library_was_doing_is_what_the_sources_say() {
    let literals = literals::of(&["src"]);
    for doing in sqlite::DOINGS {
        assert!(literals.contains(doing), "no source says {doing:?} any more");
    }
}
