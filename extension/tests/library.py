"""The file itself: what it exports, and what a machine has to have for it."""

import json
import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).resolve().parent
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


assert exported() == ENTRY_POINTS, exported()
# Every call goes through the host's table.
assert not [name for name in needed() if "sqlite" in name], needed()
if "VERSION_CODENAME=bookworm" in Path("/etc/os-release").read_text():
    page = (TESTS.parent.parent / "docs" / "loading.md").read_text()
    assert f"One on Debian 12 needs glibc {needed_glibc()};" in page, needed_glibc()
print(json.dumps({"host": "the file", "sqlite": "none", "result": "exports its entry points and nothing else"}))
