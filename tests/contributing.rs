//! What CONTRIBUTING.md names is there, and CI runs it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const PAGE: &str = include_str!("../CONTRIBUTING.md");
const MAKEFILE: &str = include_str!("../Makefile");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{:?}: {error}", path.as_ref()))
}

/// What stands in backticks on the page.
fn code() -> Vec<&'static str> {
    PAGE.split('`').skip(1).step_by(2).collect()
}

/// The cells of each row of the table with such a heading.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    let rows: Vec<Vec<_>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 1, "{heading}");
    rows
}

fn targets() -> Vec<&'static str> {
    let lines = MAKEFILE.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    lines.filter_map(|line| line.split_once(": ## ")).map(|(target, _)| target).collect()
}

/// The targets that `make ci` makes.
fn parts() -> Vec<&'static str> {
    let (_, rest) = MAKEFILE.split_once("\nPARTS = ").unwrap();
    rest.split_once("\n\n").unwrap().0.split_whitespace().filter(|part| *part != "\\").collect()
}

/// All that these targets call, the scripts included.
fn run_by_ci() -> String {
    let recipe = |part: &&str| {
        let (_, rest) = MAKEFILE.split_once(&format!("\n{part}: ## ")).unwrap_or_else(|| panic!("{part}"));
        rest.lines().skip(1).take_while(|line| line.starts_with('\t')).collect::<String>()
    };
    let recipes: String = parts().iter().map(recipe).collect();
    let scripts =
        recipes.split_whitespace().filter(|word| word.starts_with(".ci/") && !word.contains(".toml"));
    let scripts: String = scripts.map(read).collect();
    recipes + &scripts
}

#[test]
fn each_command_is_there_and_is_run_by_ci_or_named_as_by_hand_only() {
    assert!(read(".ci/run").ends_with("\nmake ci\n"));
    assert!(read(".github/workflows/checks.yml").contains("- run: .ci/run\n"));
    let by_hand = table("| by hand only |").concat().join("");
    let (targets, parts, run_by_ci) = (targets(), parts(), run_by_ci());
    let mut named = BTreeSet::new();
    for command in code() {
        let words: Vec<_> = command.split(' ').collect();
        match words[..] {
            ["make", target] => {
                assert!(targets.contains(&target), "{command}: there is no such target");
                let is_run = target == "ci" || parts.contains(&target);
                assert!(is_run != by_hand.contains(command), "{command}: run by CI, or by hand?");
                named.insert(target);
            }
            // `make test` runs all tests.
            ["cargo", "test", ref rest @ ..] => {
                for test in rest.chunks(2) {
                    assert!(test[0] == "--test" && root().join(format!("tests/{}.rs", test[1])).exists());
                }
            }
            [script] if script.starts_with(".ci/") && script != ".ci/run" && !script.contains(".toml") => {
                assert!(run_by_ci.contains(script), "{script}");
            }
            [script] if script.starts_with("packaging/") && Path::new(script).extension().is_none() => {
                assert!(run_by_ci.contains(script), "{script}")
            }
            ["make" | "cargo" | "python3", ..] => panic!("{command}: who runs it?"),
            _ => {}
        }
    }
    for target in targets {
        assert!(named.contains(target) || target == "demo", "{target} is missing on the page");
    }
}

#[test]
fn each_script_of_ci_has_its_line() {
    for entry in fs::read_dir(root().join(".ci")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(PAGE.contains(&format!("`.ci/{name}`")), ".ci/{name}");
    }
}

#[test]
fn each_file_is_there() {
    let is_path = |word: &&&str| !word.contains(' ') && (word.contains('/') || word.contains('.'));
    let code = code();
    let paths: Vec<_> = code.iter().filter(is_path).collect();
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
    }
}

/// The folder of a package that this one needs.
fn package(name: &str) -> PathBuf {
    let compiler = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let compiler = String::from_utf8(compiler).unwrap();
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        // What this platform doesn't need may not be there.
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("Cargo tells of packages");
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name).unwrap_or_else(|| panic!("{name}"));
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn is_read_below(folder: &Path, variable: &str) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return is_read_below(&path, variable);
        }
        path.extension().is_some_and(|extension| extension == "rs")
            && fs::read_to_string(&path).is_ok_and(|text| text.contains(variable))
    })
}

#[test]
fn each_environment_variable_is_read_where_the_page_says() {
    let rows = table("| variable |");
    for row in &rows {
        let variable = row[0].trim_matches('`');
        for reader in row[1].split(", ").map(|reader| reader.trim_matches('`')) {
            let is_read = if reader.contains('/') {
                read(reader).contains(variable)
            } else {
                is_read_below(&package(reader), variable)
            };
            assert!(is_read, "{reader} doesn't read {variable}");
        }
    }
    let is_name = |word: &&str| {
        word.contains('_')
            && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    for variable in code().into_iter().flat_map(|code| code.split(['=', ' '])).filter(is_name) {
        assert!(rows.iter().any(|row| row[0].trim_matches('`') == variable), "{variable} has no row");
    }
}
