//! The committed file, section by section.

use std::path::Path;
use std::{env, fs};

pub const PAGE: &str = include_str!("../../docs/messages.txt");
const RENEW: &str = "run WRITE_MESSAGES=1 cargo test --features capi --test messages";

/// The lines of a section.
fn section<'p>(page: &'p str, title: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n## {title}\n\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim_end())
}

/// Compares the lines with the section that is there, or writes them.
#[track_caller]
pub fn check(title: &str, lines: Vec<String>) {
    assert!(lines.iter().all(|line| !line.contains('\n') && line.trim() == line), "{lines:#?}");
    let said = lines.join("\n");
    if env::var_os("WRITE_MESSAGES").is_none() {
        assert_eq!(section(PAGE, title), Some(said.as_str()), "docs/messages.txt is stale: {RENEW}");
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages.txt");
    let page = fs::read_to_string(&path).unwrap();
    let old = section(&page, title).unwrap_or_else(|| panic!("docs/messages.txt has no ## {title}"));
    let (old, new) = (format!("## {title}\n\n{old}"), format!("## {title}\n\n{said}"));
    fs::write(path, page.replacen(old.trim_end(), &new, 1)).unwrap();
}
