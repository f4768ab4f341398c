//! What the packaging command builds, and what it refuses to.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::build::{ROOT, folder, library, run, target, text};

const FUNCTIONS: [&str; 25] = [
    "fm_audit_facilitator_markers",
    "fm_backfill_close",
    "fm_backfill_facilitator_markers",
    "fm_backfill_open",
    "fm_backfill_progress",
    "fm_backfill_step",
    "fm_check_sqlite",
    "fm_create_facilitator_marker",
    "fm_ensure_facilitator_marker",
    "fm_for_each_due_owner",
    "fm_for_each_skipped_owner",
    "fm_marker_address",
    "fm_marker_created_at",
    "fm_marker_free",
    "fm_marker_id",
    "fm_marker_user_id",
    "fm_marker_verification_status",
    "fm_marker_verified_at",
    "fm_preview_facilitator_markers",
    "fm_repair_close",
    "fm_repair_facilitator_markers",
    "fm_repair_open",
    "fm_repair_progress",
    "fm_repair_step",
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
        fs::rename(target().join("debug").join(&library), folder.join(&library)).unwrap();
    }
    let output = check(&folder);
    assert!(!output.status.success());
    assert!(text(&output).contains("it carries a SQLite of its own"), "{}", text(&output));
    assert!(text(&output).contains("cargo tree --features capi"), "{}", text(&output));
}

#[test]
fn a_large_library_is_as_good_as_a_small_one() {
    let Some(release) = library() else { return };
    let folder = folder("large");
    for kind in ["so", "a"] {
        let library = format!("libfacilitator_markers.{kind}");
        fs::copy(release.join(&library), folder.join(&library)).unwrap();
    }
    let shared = folder.join("libfacilitator_markers.so");
    OpenOptions::new().write(true).open(&shared).unwrap().set_len(2 << 20).unwrap();
    let output = check(&folder);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(fs::metadata(shared).unwrap().len(), 2 << 20);
}

#[test]
fn a_library_that_isnt_stripped_is_refused() {
    let Some(release) = library() else { return };
    let folder = folder("unstripped");
    symlink(release.join("libfacilitator_markers.a"), folder.join("libfacilitator_markers.a")).unwrap();
    let mut with_a_symbol = Command::new("objcopy");
    with_a_symbol.args(["--add-symbol", "local=.text:0,local"]);
    let shared = "libfacilitator_markers.so";
    run(with_a_symbol.arg(release.join(shared)).arg(folder.join(shared)));
    let output = check(&folder);
    assert!(!output.status.success());
    assert!(text(&output).contains("The shared library isn't stripped"), "{}", text(&output));
}

fn check(folder: &Path) -> Output {
    Command::new(format!("{ROOT}/packaging/check-c-library")).arg(folder).output().unwrap()
}

/// The packaging command in a machine that has `tools` alone, and what a shell script takes for granted. Its cargo says
/// that it was called, and fails.
fn package(name: &str, tools: &[&str]) -> Command {
    let folder = folder(name);
    for tool in ["bash", "dirname"].iter().chain(tools) {
        symlink(path_of(tool), folder.join(tool)).unwrap();
    }
    if tools.contains(&"cargo") {
        fs::remove_file(folder.join("cargo")).unwrap();
        fs::write(folder.join("cargo"), "#!/bin/sh\necho cargo was called\nexit 1\n").unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join("cargo"), executable).unwrap();
    }
    let mut command = Command::new(folder.join("bash"));
    command.arg(format!("{ROOT}/packaging/c-library")).env("PATH", &folder);
    command
}

fn path_of(program: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.exists()).unwrap()
}

#[test]
fn what_the_packaging_command_lacks_is_named_before_anything_is_built() {
    // Building the library for the other tests has found out whether all of them are here.
    if library().is_none() {
        return;
    }
    const TOOLS: [(&str, &str); 6] = [
        ("cargo", "install Rust"),
        ("cc", "apt-get install gcc libc6-dev"),
        ("strip", "apt-get install binutils"),
        ("nm", "apt-get install binutils"),
        ("readelf", "apt-get install binutils"),
        ("pkg-config", "apt-get install pkg-config"),
    ];
    let all = TOOLS.map(|(tool, _)| tool);
    for (missing, advice) in TOOLS {
        let others: Vec<_> = all.into_iter().filter(|tool| *tool != missing).collect();
        let output = package(&format!("without-{missing}"), &others).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let named = format!("\n  {missing}: {advice}");
        assert!(text(&output).contains(&named), "{missing}: {}", text(&output));
        assert!(!text(&output).contains("cargo was called"), "{missing}: {}", text(&output));
    }

    let mut without_sqlite = package("without-sqlite", &all);
    without_sqlite.env("PKG_CONFIG_LIBDIR", "/nonexistent").env_remove("PKG_CONFIG_PATH");
    let output = without_sqlite.output().unwrap();
    assert!(text(&output).contains("apt-get install libsqlite3-dev"), "{}", text(&output));
    assert!(!text(&output).contains("cargo was called"), "{}", text(&output));

    let output = package("with-all", &all).output().unwrap();
    assert!(text(&output).contains("cargo was called"), "{}", text(&output));

    let output = package("with-nothing", &[]).output().unwrap();
    for tool in all {
        assert!(text(&output).contains(&format!("\n  {tool}: ")), "{tool}: {}", text(&output));
    }
}

#[test]
fn asking_for_a_bundled_sqlite_fails_to_compile_with_the_reason() {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(ROOT).env("CARGO_TARGET_DIR", target());
    let output = command.args(["check", "--lib", "--features", "capi,bundled"]).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output).contains("the C library never carries a SQLite of its own"), "{}", text(&output));
}
