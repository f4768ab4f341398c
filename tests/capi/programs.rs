//! The programs in `tests/c`, built by gcc and clang, and run plainly, with sanitizers and under valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::{ROOT, folder, is_installed, library, run};

const WARNINGS: [&str; 5] = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"];
const PROGRAMS: [&str; 9] =
    ["abi", "misuse", "outcomes", "lists", "steps", "repair", "connection", "memory", "threads"];

/// How the library is linked. The line for the static one is in the header and in `examples/c`.
#[derive(Clone, Copy)]
pub enum Linking {
    Shared,
    Static,
}

/// Builds a program from files in `tests/c`, the first of which gives it its name.
pub fn compile(
    compiler: &str,
    flags: &[&str],
    linking: Linking,
    release: &Path,
    sources: &[&str],
    to: &Path,
) -> PathBuf {
    let built = to.join(sources[0]);
    let mut command = Command::new(compiler);
    command.args(WARNINGS).args(flags).arg("-g").arg(format!("-I{ROOT}/include"));
    command.args(sources.iter().map(|source| format!("{ROOT}/tests/c/{source}.c")));
    command.arg("-o").arg(&built);
    match linking {
        Linking::Shared => {
            command.arg("-L").arg(release).arg(format!("-Wl,-rpath,{}", release.display()));
            command.arg("-lfacilitator_markers");
        }
        Linking::Static => {
            command.arg(release.join("libfacilitator_markers.a")).arg("-Wl,--gc-sections");
        }
    }
    run(command.args(["-lsqlite3", "-lpthread", "-ldl", "-lm"]));
    built
}

/// Compiles and runs every program. `every` is for `memory`, in which a tool has more to do than it can in a
/// minute.
fn all(name: &str, compiler: &str, flags: &[&str], linking: Linking, tool: &[&str], every: &str) {
    let (Some(release), true) = (library(), is_installed(compiler)) else { return };
    if tool.first().is_some_and(|tool| !is_installed(tool)) {
        return;
    }
    let folder = folder(name);
    for program in PROGRAMS {
        let built = compile(compiler, flags, linking, release, &[program, "host"], &folder);
        let data = folder.join(format!("{program}-data"));
        std::fs::create_dir_all(&data).unwrap();
        let words: Vec<_> =
            tool.iter().map(|word| (*word).into()).chain([built.clone().into_os_string()]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(format!("{ROOT}/tests/host/schema.sql")).arg(&data);
        command.env("ASAN_OPTIONS", "detect_leaks=1").env("UBSAN_OPTIONS", "print_stacktrace=1");
        print!("{}", run(if program == "memory" { command.arg(every) } else { &mut command }));
    }
}

#[test]
fn built_by_gcc_with_the_shared_library() {
    all("gcc-shared", "gcc", &["-O2"], Linking::Shared, &[], "1");
}

#[test]
fn built_by_clang_with_the_static_library() {
    all("clang-static", "clang", &["-O1"], Linking::Static, &[], "3");
}

pub const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

#[test]
fn built_by_gcc_under_address_and_undefined_behaviour_sanitizer() {
    all("gcc-sanitizers", "gcc", &SANITIZERS, Linking::Static, &[], "5");
}

#[test]
fn built_by_clang_under_address_and_undefined_behaviour_sanitizer() {
    all("clang-sanitizers", "clang", &SANITIZERS, Linking::Shared, &[], "5");
}

#[test]
fn under_valgrind_with_leaks_as_errors() {
    let valgrind = [
        "valgrind",
        "--quiet",
        "--leak-check=full",
        "--show-leak-kinds=all",
        "--errors-for-leak-kinds=all",
        "--error-exitcode=99",
    ];
    all("valgrind", "gcc", &["-O1"], Linking::Shared, &valgrind, "37");
}

#[test]
fn the_header_needs_no_other_and_goes_with_sqlites_in_any_order() {
    let folder = folder("header");
    let own = "#include \"facilitator_markers.h\"\n";
    let sqlite = "#include <sqlite3.h>\n";
    let main = "int main(void) { sqlite3 *db = 0; return fm_version == 0 || db != 0 || FM_CREATED == 0; }\n";
    let includes =
        [own.to_owned(), format!("{own}{sqlite}"), format!("{sqlite}{own}"), format!("{own}{own}{sqlite}")];
    for (compiler, language, standard) in [
        ("gcc", "c", "c99"),
        ("gcc", "c", "c11"),
        ("clang", "c", "c99"),
        ("clang", "c", "c11"),
        ("g++", "c++", "c++17"),
        ("clang++", "c++", "c++17"),
    ] {
        if !is_installed(compiler) {
            continue;
        }
        for (number, includes) in includes.iter().enumerate() {
            if number > 0 && library().is_none() {
                continue;
            }
            let source = folder.join(format!("{number}.c"));
            std::fs::write(&source, format!("{includes}{main}")).unwrap();
            let mut command = Command::new(compiler);
            command.args(["-x", language]).arg(format!("-std={standard}")).args(&WARNINGS[1..]);
            run(command.args(["-fsyntax-only", "-Wno-address"]).arg(format!("-I{ROOT}/include")).arg(source));
        }
    }
}
