"""The file itself: what it exports, and what a machine has to have for it."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PACKAGING = TESTS.parent.parent / "packaging" / "extension"
LIBRARY = TESTS.parent / "target" / "release" / "facilitator_markers.so"
ENTRY_POINTS = ["sqlite3_extension_init", "sqlite3_facilitatormarkers_init"]


def told(*command):
    return subprocess.run([*command, LIBRARY], capture_output=True, text=True, check=True).stdout


def exported():
    return sorted(line.split()[-1] for line in told("nm", "-D", "--defined-only").splitlines())


def needed():
    """The libraries that the dynamic linker loads with it."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", told("readelf", "--dynamic"))


def needed_glibc():
    versions = re.findall(r"\bGLIBC_([0-9.]+)", told("objdump", "-T"))
    return max(versions, key=lambda version: [int(part) for part in version.split(".")])


def copies_answer():
    """What the copies of the file say of themselves elsewhere, through either entry point and under another name."""
    answers = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in [LIBRARY.name, "another-1a2b.so"]:
            copy = shutil.copy(LIBRARY, Path(folder) / name, follow_symlinks=False)
            for entry_point in ["", *ENTRY_POINTS]:
                command = ["sqlite3", ":memory:", f".load {copy} {entry_point}", "SELECT facilitator_markers_version()"]
                done = subprocess.run(command, capture_output=True, text=True)
                answers.add(done.stdout + done.stderr)
    return answers


def told_where_nothing_is_installed():
    done = subprocess.run(["/bin/sh", PACKAGING], env={"PATH": "/nowhere"}, capture_output=True, text=True)
    return done.returncode, re.findall("without (.*?):", done.stderr)


assert told_where_nothing_is_installed() == (1, ["cargo", "cc"]), told_where_nothing_is_installed()
assert LIBRARY.is_file() and not LIBRARY.is_symlink(), LIBRARY
assert len(copies_answer()) == 1 and re.fullmatch(r"[0-9.]+\n", *copies_answer()), copies_answer()
assert exported() == ENTRY_POINTS, exported()
# Every call goes through the host's table.
assert not [name for name in needed() if "sqlite" in name], needed()
if "VERSION_CODENAME=bookworm" in Path("/etc/os-release").read_text():
    page = (TESTS.parent.parent / "docs" / "loading.md").read_text()
    assert f"One on Debian 12 needs glibc {needed_glibc()};" in page, needed_glibc()
print(json.dumps({"host": "the file", "sqlite": "none", "result": "exports its entry points and nothing else"}))
