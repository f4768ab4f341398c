"""What packaging/check-extension refuses, tried on small libraries: python3 extension/tests/platforms/test_gate.py. Needs zig and lief."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parents[3] / "packaging" / "check-extension"
ENTRY_POINTS = """
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int sqlite3_extension_init(void) { return 0; }
"""
OTHER = "EXPORTED int sqlite3_facilitatormarkers_init(void) { return 0; }"
ZIG = [sys.executable, "-m", "ziglang", "cc", "-target"]
GLIBC, MUSL = "x86_64-linux-gnu.2.17", "x86_64-linux-musl"
# Something that the C library has is asked for by each file.
PLAIN = f'{OTHER} char *getenv(const char *); EXPORTED int sqlite3_extension_init(void); char *home(void) {{ return getenv("A"); }}'


class Gate(unittest.TestCase):
    def said(self, platform, target, code, *options):
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder, "library.c"), Path(folder, "facilitator_markers.so")
            # What nobody calls would be left out.
            kept = "__attribute__((used, retain)) "
            source.write_text(ENTRY_POINTS + code.replace("char *home", f"{kept}char *home").replace("KEPT ", kept))
            compiler = [*ZIG, target] if target else ["cc"]
            command = [*compiler, "-shared", "-fvisibility=hidden", "-O1", "-s", *options, source, "-o", library]
            subprocess.run(command, check=True, stderr=subprocess.PIPE)
            done = subprocess.run([CHECK, platform, library], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout if done.returncode else "passed"

    def refused(self, sentence, *library):
        self.assertIn(sentence, self.said(*library))

    def test_a_library_with_the_entry_points_alone_passes(self):
        self.assertEqual(self.said("linux-x64-gnu", GLIBC, PLAIN), "passed")
        self.assertEqual(self.said("linux-x64-musl", MUSL, PLAIN), "passed")

    def test_another_system_or_processor_is_refused(self):
        self.refused("it is no library of win32", "win32-x64", GLIBC, PLAIN)
        self.refused("it is no library of darwin", "darwin-arm64", GLIBC, PLAIN)
        self.refused("it is for X86_64", "linux-arm64-gnu", GLIBC, PLAIN)

    def test_other_exports_are_refused_and_missing_ones(self):
        self.refused("it exports", "linux-x64-gnu", GLIBC, f"{PLAIN} EXPORTED int sqlite3_open(void) {{ return 0; }}")
        self.refused("it exports", "linux-x64-gnu", GLIBC, f"{PLAIN} EXPORTED _Thread_local int number;")
        self.refused("it exports", "linux-x64-gnu", GLIBC, PLAIN.replace(OTHER, ""))

    def test_what_an_older_system_lacks_is_refused(self):
        newer = f"{PLAIN} unsigned arc4random(void); KEPT unsigned random_number(void) {{ return arc4random(); }}"
        self.refused("it needs glibc 2.36", "linux-x64-gnu", "x86_64-linux-gnu.2.36", newer)
        # musl has it from 1.2.3 on.
        newer = f"{PLAIN} void qsort_r(void); KEPT void sort(void) {{ qsort_r(); }}"
        self.refused("it asks for qsort_r", "linux-x64-musl", MUSL, newer)
        # gcc leaves what it finds nowhere to the loader.
        nowhere = f"{PLAIN} int nowhere(void); KEPT int call(void) {{ return nowhere(); }}"
        self.refused("it asks for nowhere of whatever version", "linux-x64-gnu", None, nowhere, "-fPIC")
        # zig makes none of these relocations.
        pointers = f'{PLAIN} KEPT const char *pointers[] = {{"a", "b"}};'
        self.refused("it has relative relocations", "linux-x64-gnu", None, pointers, "-Wl,-z,pack-relative-relocs", "-fPIC")
        self.refused("it needs libstdc++", "linux-x64-gnu", GLIBC, PLAIN, *self.library("libstdc++.so.6"))

    def library(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        Path(folder.name, "other.c").write_text("int other(void) { return 0; }")
        library = Path(folder.name, name)
        subprocess.run([*ZIG, GLIBC, "-shared", f"-Wl,-soname,{name}", Path(folder.name, "other.c"), "-o", library], check=True)
        return ["-Wl,--no-as-needed", library]

    def test_a_sqlite_is_refused(self):
        self.refused("it holds a SQLite", "linux-x64-gnu", GLIBC, f'{PLAIN} KEPT const char header[] = "SQLite format 3";')
        source = f"2025-11-04 19:38:17 {'0123456789' * 6}abcd"
        self.refused("it holds a SQLite", "linux-x64-gnu", GLIBC, f'{PLAIN} KEPT const char source[] = "{source}";')

    def test_a_folder_of_a_machine_is_refused(self):
        for folder in ("/home/ada/src/lib.rs", f"{CHECK.parent.parent}/src/lib.rs", f"{Path.cwd()}/lib.rs"):
            self.refused("it names", "linux-x64-gnu", GLIBC, f'{PLAIN} KEPT const char place[] = "{folder}";')

    def test_a_place_to_look_for_libraries_and_an_executable_stack_are_refused(self):
        self.refused("it says where libraries", "linux-x64-gnu", GLIBC, PLAIN, "-Wl,-rpath,/opt")
        # zig makes none.
        self.refused("a stack that can be executed", "linux-x64-gnu", None, PLAIN, "-Wl,-z,execstack", "-fPIC")


if __name__ == "__main__":
    unittest.main()
