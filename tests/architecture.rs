//! What ARCHITECTURE.md draws is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Item, UseTree};

const PAGE: &str = include_str!("../ARCHITECTURE.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the library, apart from those of tests.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| !path.ends_with("tests.rs"));
    folders.iter().flat_map(|folder| self::files(folder)).chain(files).collect()
}

/// The file's module, as the names from the crate down to it.
fn module(file: &Path) -> Vec<String> {
    let below = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut names: Vec<_> = below.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// The paths that a `use` names.
fn paths(tree: &UseTree, before: &[String], found: &mut Vec<Vec<String>>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => paths(&path.tree, &with(path.ident.to_string()), found),
        UseTree::Name(name) => found.push(with(name.ident.to_string())),
        UseTree::Rename(rename) => found.push(with(rename.ident.to_string())),
        UseTree::Glob(_) => found.push(before.to_vec()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| paths(tree, before, found)),
    }
}

/// For each module those from which it imports.
fn imports() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let files = files(&root().join("src"));
    let modules: BTreeSet<_> = files.iter().map(|file| module(file)).collect();
    let imports_of = |file: &PathBuf| {
        let own = module(file);
        let mut found = Vec::new();
        for item in syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap().items {
            if let Item::Use(item) = item {
                paths(&item.tree, &[], &mut found);
            }
        }
        let absolute = found.iter().filter_map(|path| match path[0].as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([&own, &path[1..]].concat()),
            "super" => Some([&own[..own.len() - 1], &path[1..]].concat()),
            _ => None,
        });
        let beginnings = |path: Vec<String>| (1..=path.len()).rev().map(move |names| path[..names].to_vec());
        let imported = absolute.filter_map(|path| beginnings(path).find(|names| modules.contains(names)));
        let imported = imported.filter(|imported| *imported != own).collect();
        (own, imported)
    };
    files.iter().map(imports_of).collect()
}

#[test]
fn each_file_is_on_the_map_and_each_file_on_the_map_is_there() {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let on_the_map: BTreeSet<_> =
        rows.filter(|(file, _)| file.starts_with("src/")).map(|(file, _)| root().join(file)).collect();
    assert_eq!(on_the_map, files(&root().join("src")));
}

/// A folder's `mod.rs` names its files, and what they offer, which is no circle: they don't import from it.
#[test]
fn no_module_imports_from_one_that_imports_from_it() {
    let imports = imports();
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 100, "{imports:?}");
    for beginning in imports.keys() {
        let (mut reached, mut next) = (BTreeSet::new(), vec![beginning]);
        while let Some(module) = next.pop() {
            for imported in &imports[module] {
                assert_ne!(imported, beginning, "a circle, which comes back from {module:?}");
                if reached.insert(imported) {
                    next.push(imported);
                }
            }
        }
    }
}

#[test]
fn the_core_is_unsafe_in_one_file() {
    let has_unsafe = |file: &PathBuf| fs::read_to_string(file).unwrap().contains("unsafe {");
    let core =
        files(&root().join("src")).into_iter().filter(|file| !file.starts_with(root().join("src/capi")));
    assert_eq!(core.filter(has_unsafe).collect::<Vec<_>>(), [root().join("src/connection.rs")]);
}
