//! Every package of a release states the same version.

use std::fs;
use std::path::Path;

use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A file, whatever its format: JSON has all that a TOML file here states.
fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    if file.ends_with(".toml") {
        serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
    } else {
        serde_json::from_str(&text).unwrap()
    }
}

fn stated(file: &str, names: &[&str]) -> Value {
    names.iter().fold(read(file), |value, name| value[name].clone())
}

/// The packages for the platforms of npm, and the Debian packages, take theirs from these when they are built.
#[test]
fn each_package_has_the_version_of_the_crate() {
    for (file, names) in [
        ("extension/Cargo.toml", &["package", "version"][..]),
        ("packaging/npm/package.json", &["version"]),
        ("packaging/npm/package-lock.json", &["version"]),
        ("packaging/npm/package-lock.json", &["packages", "", "version"]),
        ("examples/node/package-lock.json", &["packages", "../../packaging/npm", "version"]),
        ("examples/d1-worker/package-lock.json", &["packages", "../../packaging/npm", "version"]),
        ("examples/rqlite-server/package-lock.json", &["packages", "../../packaging/npm", "version"]),
        ("packaging/python/pyproject.toml", &["project", "version"]),
    ] {
        assert_eq!(stated(file, names), VERSION, "{file}: {}", names.join("."));
    }
}
