//! `docs/async.md` shows the code of this package.

use std::fs;
use std::path::{Path, PathBuf};

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");
const PAGE: &str = include_str!("../../../../docs/async.md");

fn blocks<'p>(language: &str, page: &'p str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    let block = |rest: &'p str| rest.split_once("\n```\n").expect("the block is closed").0;
    page.split(&fence).skip(1).map(block).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(Path::new(PACKAGE).join("src")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain([Path::new(PACKAGE).join("Cargo.toml")]);
    files.map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn the_page_shows_code_that_the_tests_run() {
    let sources = sources();
    let shown = [blocks("rust", PAGE), blocks("toml", PAGE)].concat();
    for file in ["Cargo.toml", "backfill.rs", "main.rs", "with_sqlx.rs", "with_rusqlite.rs"] {
        let (_, source) = sources.iter().find(|(path, _)| path.ends_with(file)).unwrap();
        assert!(shown.iter().any(|block| source.contains(block)), "nothing of {file} is shown");
    }
    for block in shown {
        assert!(sources.iter().any(|(_, source)| source.contains(block)), "no source has\n{block}");
    }
}
