//! The programs in `tests/c` that draw their cases by seeds: file systems that fail, power losses, corrupt files.
//!
//! They try a fixed number of cases. With `HARNESS_SECONDS=N` each goes on for as long, and `HARNESS_SEED=S` replays
//! one; what failed is printed with its seed and the command. `extension/tests/harnesses.py` runs the same programs
//! through the SQLite extension.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::build::{ROOT, folder, is_installed, lacks, library, run, target};
use super::programs::{Linking, SANITIZERS, compile};

const FAULTS: [&str; 5] = ["faults", "faults_case", "faults_checks", "faults_file", "faults_vfs"];
const POWER_LOSS: [&str; 3] = ["power_loss", "disk", "disk_vfs"];
const CORRUPT: [&str; 5] = ["corrupt", "corrupt_damage", "corrupt_rows", "disk", "disk_vfs"];
/// What each of them needs besides.
const COMMON: [&str; 5] = ["platform", "mistakes", "harness", "host", "calls_library"];

/// Compiles and runs a program, and prints its counts.
fn harness(test: &str, program: &[&str], flags: &[&str], linking: Linking, release: &Path) {
    if !is_installed("gcc") {
        return;
    }
    let folder = folder(test);
    let built = compile("gcc", flags, linking, release, &[program, &COMMON].concat(), &folder);
    let mut command = Command::new(built);
    command.arg(format!("{ROOT}/tests/host/schema.sql")).arg(&folder);
    let replay = format!("cargo test --features capi --test capi {test}");
    command.env("HARNESS_COMMAND", replay);
    // So that the program still prints the case where a sanitizer ends it.
    command.env("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=1");
    print!("{}", run(&mut command));
}

#[test]
fn after_any_fault_of_the_file_system_a_retry_ends_as_if_nothing_had_been() {
    let Some(release) = library() else { return };
    let test = "after_any_fault_of_the_file_system_a_retry_ends_as_if_nothing_had_been";
    harness(test, &FAULTS, &["-O2"], Linking::Static, release);
}

#[test]
fn what_was_reported_as_committed_is_there_after_a_power_loss() {
    let Some(release) = library() else { return };
    let test = "what_was_reported_as_committed_is_there_after_a_power_loss";
    harness(test, &POWER_LOSS, &["-O2"], Linking::Static, release);
}

#[test]
fn no_corrupt_file_crashes_a_call_or_keeps_it_from_ending() {
    let Some(release) = library() else { return };
    let test = "no_corrupt_file_crashes_a_call_or_keeps_it_from_ending";
    harness(test, &CORRUPT, &SANITIZERS, Linking::Static, release);
}

#[test]
fn with_rust_under_address_sanitizer_too_no_corrupt_file_crashes_a_call() {
    // Everything is compiled anew for it.
    if env::var_os("HARNESS_SECONDS").is_none() && env::var_os("HARNESS_SEED").is_none() {
        eprintln!("skipped: neither HARNESS_SECONDS nor HARNESS_SEED is set");
        return;
    }
    let (Some(_), Some(sanitized)) = (library(), sanitized_library()) else { return };
    let test = "with_rust_under_address_sanitizer_too_no_corrupt_file_crashes_a_call";
    harness(test, &CORRUPT, &SANITIZERS, Linking::Static, &sanitized);
}

/// The folder of a static library that is built with AddressSanitizer, overflow checks and debug assertions.
fn sanitized_library() -> Option<PathBuf> {
    let version = run(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]));
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("lib");
    let has_runtime = fs::read_dir(libraries).is_ok_and(|mut files| {
        files.any(|file| file.unwrap().file_name().to_string_lossy().contains("asan"))
    });
    if !has_runtime && !lacks("Rust's AddressSanitizer") {
        return None;
    }
    let folder = target().join("address-sanitizer");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(ROOT).env("CARGO_TARGET_DIR", &folder);
    // The flag is one of nightly's. With a target, it isn't for build scripts.
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command.args(["rustc", "--lib", "--features", "capi", "--crate-type", "staticlib", "--target", host]);
    run(&mut command);
    Some(folder.join(host).join("debug"))
}
