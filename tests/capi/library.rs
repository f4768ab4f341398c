//! What the packaging command builds, and what it refuses to.

use std::path::Path;
use std::process::Command;

use super::build::{ROOT, folder, library, run, target, text};

const FUNCTIONS: [&str; 17] = [
    "fm_backfill_close",
    "fm_backfill_facilitator_markers",
    "fm_backfill_open",
    "fm_backfill_progress",
    "fm_backfill_step",
    "fm_check_sqlite",
    "fm_create_facilitator_marker",
    "fm_ensure_facilitator_marker",
    "fm_marker_address",
    "fm_marker_created_at",
    "fm_marker_free",
    "fm_marker_id",
    "fm_marker_user_id",
    "fm_marker_verification_status",
    "fm_marker_verified_at",
    "fm_preview_facilitator_markers",
    "fm_version",
];

fn exported(shared: &Path) -> Vec<String> {
    let symbols = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(shared));
    let mut names: Vec<_> = symbols.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_shared_library_exports_the_functions_of_the_header_and_nothing_else() {
    let Some(release) = library() else { return };
    assert_eq!(exported(&release.join("libfacilitator_markers.so")), FUNCTIONS);
    let header = include_str!("../../include/facilitator_markers.h");
    for function in FUNCTIONS {
        assert!(header.contains(&format!("{function}(")), "{function} is missing in the header");
    }
}

#[test]
fn a_development_dependency_that_slips_a_sqlite_in_is_refused() {
    if library().is_none() {
        return;
    }
    let folder = folder("bundled");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(ROOT).env("CARGO_TARGET_DIR", target());
    command.args([
        "rustc",
        "--lib",
        "--features",
        "capi,rusqlite/bundled",
        "--crate-type",
        "cdylib,staticlib",
    ]);
    run(&mut command);
    for kind in ["so", "a"] {
        let library = format!("libfacilitator_markers.{kind}");
        std::fs::rename(target().join("debug").join(&library), folder.join(&library)).unwrap();
    }
    let output = Command::new(format!("{ROOT}/packaging/check-c-library")).arg(&folder).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output).contains("it carries a SQLite of its own"), "{}", text(&output));
    assert!(!folder.join("libfacilitator_markers.so").exists());
}

#[test]
fn asking_for_a_bundled_sqlite_fails_to_compile_with_the_reason() {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(ROOT).env("CARGO_TARGET_DIR", target());
    let output = command.args(["check", "--lib", "--features", "capi,bundled"]).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output).contains("the C library never carries a SQLite of its own"), "{}", text(&output));
}
