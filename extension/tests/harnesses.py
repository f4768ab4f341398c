"""Runs the programs in tests/c that draw their cases by seeds, with their calls through the extension:

python3 extension/tests/harnesses.py [PROGRAM]

They try a fixed number of cases. With HARNESS_SECONDS=N each goes on for as long, and HARNESS_SEED=S replays one; what failed
is printed with its seed and the command. tests/capi/harnesses.rs runs the same programs through the C library.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "tests" / "c"
TARGET = ROOT / "extension" / "target"
COMPILE = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g", f"-I{ROOT / 'include'}"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# So that the program still prints the case where a sanitizer ends it.
SANITIZER_OPTIONS = "detect_leaks=1:abort_on_error=1"
COMMON = ["platform", "mistakes", "harness", "host", "calls_extension"]
# Each program with its other sources, how it is compiled, and the extension that it loads: the one that is built for
# debugging checks itself.
HARNESSES = {
    "faults": (["faults_case", "faults_checks", "faults_file", "faults_vfs"], [], "release"),
    "power_loss": (["disk", "disk_vfs"], [], "release"),
    "corrupt": (["corrupt_damage", "corrupt_rows", "disk", "disk_vfs"], SANITIZERS, "debug"),
}


def run(name, folder):
    """Whether the program found nothing."""
    others, flags, profile = HARNESSES[name]
    program, data = folder / name, folder / f"{name}-data"
    data.mkdir()
    sources = [SOURCES / f"{source}.c" for source in [name, *others, *COMMON]]
    subprocess.run([*COMPILE, *flags, "-o", program, *sources, "-lsqlite3"], check=True)
    command = f"python3 extension/tests/harnesses.py {name}"
    environment = {**os.environ, "HARNESS_COMMAND": command, "ASAN_OPTIONS": SANITIZER_OPTIONS}
    extension = TARGET / profile / "facilitator_markers.so"
    arguments = [ROOT / "tests" / "host" / "schema.sql", data, extension]
    return subprocess.run([program, *arguments], env=environment).returncode == 0


def main():
    names = sys.argv[1:] or list(HARNESSES)
    with tempfile.TemporaryDirectory() as folder:
        passed = [name for name in names if run(name, Path(folder))]
    print(f"{len(passed)} passed, {len(names) - len(passed)} failed")
    sys.exit(passed != names)


main()
