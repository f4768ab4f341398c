//! The command that installs the example, as the README has it.
//!
//! Beside nothing else: where Cargo finds something to build, it replaces the example that other tests run.

#![cfg(unix)]

mod host;
#[allow(dead_code, reason = "most of it is for the tests of the example")]
#[path = "example_backfill/program.rs"]
mod program;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use program::{Database, Run, example, run};

const COMMAND: &str = "cargo install --locked --path . --example backfill";

/// With the profile and the features of these tests nothing is left to build.
#[test]
fn the_documented_command_installs_it() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["README.md", "examples/backfill/main.rs"] {
        assert!(fs::read_to_string(package.join(file)).unwrap().contains(COMMAND), "{file}");
    }
    let program = example("backfill").get_program().to_owned();
    let profile = Path::new(&program).parent().and_then(Path::parent).unwrap();
    let root = tempfile::tempdir().unwrap();
    let mut install = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install.current_dir(package).args(COMMAND.split(' ').skip(1)).arg("--offline").arg("--no-track");
    install.arg("--root").arg(root.path()).arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("debug") {
        install.arg("--debug");
    }
    for (feature, enabled) in [("capi", cfg!(feature = "capi")), ("bundled", cfg!(feature = "bundled"))] {
        if enabled {
            install.args(["--features", feature]);
        }
    }
    let Run { status, stderr, .. } = run(&mut install);
    assert_eq!(status, Some(0), "{stderr}");
    let database = Database::sample();
    let installed = root.path().join("bin/backfill");
    assert!(run(Command::new(installed).arg(database.path())).success().contains("markers written now"));
}
