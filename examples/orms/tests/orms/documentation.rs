//! `docs/rust-orms.md` shows the code of this package.

use std::fs;
use std::path::{Path, PathBuf};

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");
const PAGE: &str = include_str!("../../../../docs/rust-orms.md");

/// The blocks of the page, whatever their language.
fn blocks() -> Vec<&'static str> {
    PAGE.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap().1).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(Path::new(PACKAGE).join("src")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain([Path::new(PACKAGE).join("Cargo.toml")]);
    files.map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn the_page_shows_code_that_the_tests_run() {
    let sources = sources();
    for file in ["Cargo.toml", "backfill.rs", "sql_function.rs", "with_diesel.rs", "with_sea_orm.rs"] {
        let (_, source) = sources.iter().find(|(path, _)| path.ends_with(file)).unwrap();
        assert!(blocks().iter().any(|block| source.contains(block)), "nothing of {file} is shown");
    }
    for block in blocks() {
        assert!(sources.iter().any(|(_, source)| source.contains(block)), "no source has\n{block}");
    }
}
