//! Building the C library, running programs, and what is there to do so.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The target's folder, which is the one that this test was built in.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// A new, empty folder for one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The folder with the shared and the static library, built once per run by the packaging command.
pub fn library() -> Option<&'static Path> {
    static RELEASE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let release = RELEASE.get_or_init(|| {
        let all = ["cc", "pkg-config", "nm", "strip", "readelf"].into_iter().all(is_installed);
        if !all || !has_system_sqlite() {
            return None;
        }
        print!(
            "{}",
            run(Command::new("packaging/c-library").current_dir(ROOT).env("CARGO_TARGET_DIR", target()))
        );
        Some(target().join("release"))
    });
    release.as_deref()
}

fn has_system_sqlite() -> bool {
    let found = Command::new("pkg-config")
        .args(["--exists", "sqlite3"])
        .status()
        .is_ok_and(|status| status.success());
    found || lacks("the system's SQLite")
}

/// Whether there is such a program. Where CI is true, there must be.
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
        || lacks(program)
}

/// Says that a test is skipped for want of this. Where CI is true, it fails.
pub fn lacks(what: &str) -> bool {
    assert!(env::var("CI").as_deref() != Ok("true"), "{what} isn't installed");
    eprintln!("skipped: {what} isn't installed");
    false
}

/// What the program prints. It has to succeed.
pub fn run(command: &mut Command) -> String {
    // Cargo sets it, and among its folders are builds of the library for other purposes.
    command.env_remove("LD_LIBRARY_PATH");
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The beginning of what a program printed.
pub fn text(output: &Output) -> String {
    let text = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8_lossy(&text).chars().take(10_000).collect()
}
