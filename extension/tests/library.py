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


assert exported() == ENTRY_POINTS, exported()
# Every call goes through the host's table.
assert not [name for name in needed() if "sqlite" in name], needed()
print(json.dumps({"host": "the file", "sqlite": "none", "result": "exports its entry points and nothing else"}))
