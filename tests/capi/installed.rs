//! What packaging/install-c-library installs, found by the tools that C programs are built with. With C_LIBRARY_PREFIX it is what
//! somebody has installed there, as .ci/cargo-c does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use super::build::{ROOT, folder, is_installed, library, run, target, text};
use super::examples::{OWNERS, sample_database, start};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The prefix, or nothing where the library can't be built.
fn prefix() -> Option<&'static Path> {
    static PREFIX: OnceLock<Option<PathBuf>> = OnceLock::new();
    let prefix = PREFIX.get_or_init(|| {
        if let Some(prefix) = env::var_os("C_LIBRARY_PREFIX") {
            return Some(prefix.into());
        }
        // What it lacks, the other tests have found out.
        library()?;
        let prefix = folder("prefix");
        let mut install = Command::new(format!("{ROOT}/packaging/install-c-library"));
        run(install.arg(&prefix).env("CARGO_TARGET_DIR", target()));
        Some(prefix)
    });
    prefix.as_deref()
}

/// What this program or library asks the loader for.
fn needed(file: &Path) -> String {
    run(Command::new("readelf").arg("--dynamic").arg(file))
}

fn enrolls_the_owners_of_the_sample(program: &Path) {
    let built = program.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let folder = folder(&format!("{built}-data"));
    let database = sample_database(&folder, OWNERS);
    let output = start(program, &[database.to_str().unwrap()]);
    assert!(
        text(&output).contains("4 owners: 2 enrolled now") && output.status.success(),
        "{}",
        text(&output)
    );
}

/// The example, made with what pkg-config tells of the prefix.
fn made_with_pkg_config(prefix: &Path, name: &str, more: &[&str]) -> PathBuf {
    let folder = folder(name);
    let mut make = Command::new("make");
    make.current_dir(format!("{ROOT}/examples/c")).args(["--quiet", "INSTALLED=1"]).args(more);
    make.arg(format!("OUT={}", folder.display())).env("CFLAGS", "-Werror");
    make.env("LDFLAGS", format!("-Wl,-rpath,{}", prefix.join("lib").display()));
    run(make.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
    folder.join("enroll")
}

#[test]
fn pkg_config_finds_the_shared_library() {
    let Some(prefix) = prefix() else { return };
    let program = made_with_pkg_config(prefix, "installed-shared", &[]);
    let soname = format!("libfacilitator_markers.so.{}", VERSION.rsplit_once('.').unwrap().0);
    assert!(needed(&program).contains(&format!("Shared library: [{soname}]")), "{}", needed(&program));
    enrolls_the_owners_of_the_sample(&program);
}

#[test]
fn pkg_config_finds_the_static_library() {
    let Some(prefix) = prefix() else { return };
    let program = made_with_pkg_config(prefix, "installed-static", &["STATIC=1"]);
    assert!(!needed(&program).contains("libfacilitator_markers"));
    assert!(needed(&program).contains("[libsqlite3.so.0]"));
    enrolls_the_owners_of_the_sample(&program);
}

#[test]
fn pkg_config_tells_the_version_and_brings_sqlite() {
    let Some(prefix) = prefix() else { return };
    let tells = |what| {
        let mut tells = Command::new("pkg-config");
        run(tells.args([what, "facilitator_markers"]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")))
    };
    assert_eq!(tells("--modversion").trim(), VERSION);
    assert_eq!(tells("--print-requires").trim(), "sqlite3 >= 3.40");
    assert!(tells("--libs").contains(" -lsqlite3"), "{}", tells("--libs"));
}

#[test]
fn a_prefix_that_could_be_anywhere_is_refused() {
    let script = format!("{ROOT}/packaging/install-c-library");
    for arguments in [&[][..], &["usr"], &["/usr", "/opt"]] {
        let output = Command::new(&script).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output).contains("by its whole path"), "{}", text(&output));
    }
}

#[test]
fn the_installed_library_is_as_the_built_one() {
    let Some(prefix) = prefix() else { return };
    run(Command::new(format!("{ROOT}/packaging/check-c-library")).arg(prefix.join("lib")));
    let header = fs::read(prefix.join("include/facilitator_markers.h")).unwrap();
    assert_eq!(header, fs::read(format!("{ROOT}/include/facilitator_markers.h")).unwrap());
}

#[test]
fn the_statements_of_the_sql_edition_are_where_pkg_config_says() {
    let Some(prefix) = prefix() else { return };
    let mut tells = Command::new("pkg-config");
    tells
        .args(["--variable=sqldir", "facilitator_markers"])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let told = run(&mut tells);
    // cargo-c writes no variables of a package's own.
    let folder = match told.trim() {
        "" if env::var_os("C_LIBRARY_PREFIX").is_some() => prefix.join("share/facilitator_markers/sql"),
        folder => folder.into(),
    };
    let own = fs::read_dir(format!("{ROOT}/sql")).unwrap().map(|entry| entry.unwrap().path());
    let own: Vec<_> = own.filter(|path| path.extension().is_some_and(|ending| ending == "sql")).collect();
    assert_eq!(own.len(), 10);
    for path in own {
        assert_eq!(
            fs::read(folder.join(path.file_name().unwrap())).unwrap(),
            fs::read(&path).unwrap(),
            "{path:?}"
        );
    }
}

/// A CMake project with these lines, configured in a folder of this name.
fn configured(prefix: &Path, name: &str, lines: &str) -> (PathBuf, bool, String) {
    let folder = folder(name);
    let project = format!("cmake_minimum_required(VERSION 3.14)\nproject(consumer C)\n{lines}");
    fs::write(folder.join("CMakeLists.txt"), project).unwrap();
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(&folder).arg("-B").arg(&folder).env_remove("LD_LIBRARY_PATH");
    let output = cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())).output().unwrap();
    (folder, output.status.success(), text(&output))
}

#[test]
fn cmake_finds_both_libraries_and_sqlite() {
    let Some(prefix) = prefix() else { return };
    if !is_installed("cmake") {
        return;
    }
    for kind in ["", "_static"] {
        let lines = format!(
            "find_package(facilitator_markers 0.1 REQUIRED)\nadd_executable(enroll {ROOT}/examples/c/enroll.c)\n\
             target_link_libraries(enroll PRIVATE facilitator_markers::facilitator_markers{kind})\n"
        );
        let (folder, success, said) = configured(prefix, &format!("cmake{kind}"), &lines);
        assert!(success, "{said}");
        run(Command::new("cmake").arg("--build").arg(&folder));
        let program = folder.join("enroll");
        assert_eq!(needed(&program).contains("libfacilitator_markers.so"), kind.is_empty());
        assert!(needed(&program).contains("[libsqlite3.so.0]"));
        enrolls_the_owners_of_the_sample(&program);
    }
}

#[test]
fn cmake_finds_no_other_version() {
    let Some(prefix) = prefix() else { return };
    if !is_installed("cmake") {
        return;
    }
    let (major, minor) = VERSION.rsplit_once('.').unwrap().0.split_once('.').unwrap();
    let next: u32 = minor.parse::<u32>().unwrap() + 1;
    for (wanted, is_found) in [
        (format!("{VERSION} EXACT"), true),
        (format!("{major}.{minor}"), true),
        (format!("{major}.{next}"), false),
        (format!("{VERSION}.1"), false),
        ("0.0.1".to_owned(), false),
        (format!("{}.0", major.parse::<u32>().unwrap() + 1), false),
    ] {
        let lines = format!("find_package(facilitator_markers {wanted} REQUIRED)\n");
        let (_, success, said) = configured(prefix, "cmake-version", &lines);
        assert_eq!(success, is_found, "{wanted}: {said}");
    }
}
