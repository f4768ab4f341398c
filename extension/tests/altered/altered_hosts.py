"""Hosts that there are not many of: an older SQLite, one that lacks functions, a second one in the process.

Each loads the extension by way of altered_table.c, and is refused with a sentence, or served; none crashes.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hosts"))
import scenario

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent
LIBRARY = PACKAGE / "target" / "release" / "facilitator_markers.so"
DEBUG_LIBRARY = PACKAGE / "target" / "debug" / "facilitator_markers.so"
ENTRY_POINTS = ["sqlite3_extension_init", "sqlite3_facilitatormarkers_init"]


def slots_of_the_header():
    """The names of the function table's slots, in their order."""
    asked = subprocess.run(
        ["cc", "-E", "-P", "-DSQLITE_CORE", "-include", "sqlite3ext.h", "-x", "c", "/dev/null"],
        capture_output=True, text=True, check=True,
    )
    body = re.search(r"struct sqlite3_api_routines \{(.*?)\n\};", asked.stdout, re.DOTALL)[1]
    return [re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", member)[1] for member in body.split(";") if member.strip()]


def needed_slots():
    """The names in routines.rs: those for tables, and the others."""
    source = (PACKAGE / "src" / "routines.rs").read_text()
    for_tables, others = re.findall(r"null_slots!\(api;(.*?)\)", source, re.DOTALL)
    return for_tables.split(), others.split()


def reachable_slots():
    """The functions that the unoptimised library has code to call, and the one that it calls through the table itself."""
    symbols = subprocess.run(["nm", "-C", DEBUG_LIBRARY], capture_output=True, text=True, check=True).stdout
    return {*re.findall(r" libsqlite3_sys::.*::sqlite3_(\w+)$", symbols, re.MULTILINE), "malloc"}


class Host:
    def __init__(self, folder, entry_point):
        self.entry_point = entry_point
        self.library = os.path.join(folder, "altered_table.so")
        source = HERE / "altered_table.c"
        subprocess.run(["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self.library, source], check=True)

    def load(self, *sql, **environment):
        """What the sqlite3 shell answers to `sql` after loading."""
        environment = {name: str(value) for name, value in environment.items()}
        done = subprocess.run(
            ["sqlite3", "-batch", ":memory:", f".load {self.library}", *sql],
            env={**os.environ, "FACILITATOR_MARKERS": str(LIBRARY), "ENTRY_POINT": self.entry_point, **environment},
            capture_output=True, text=True,
        )
        assert done.returncode >= 0, f"{environment}: the host ended by signal {-done.returncode}"
        return done.stdout + done.stderr


def main(host):
    slots, (for_tables, needed) = slots_of_the_header(), needed_slots()
    assert slots.index("aggregate_context") == 0 and slots.index("libversion_number") > 50, slots
    assert reachable_slots() == {*for_tables, *needed}, reachable_slots() ^ {*for_tables, *needed}
    works = ["SELECT facilitator_markers_version()"]

    answer = host.load(*works)
    assert answer.strip() == scenario.version(), answer
    for version, written in [(3039004, "3.39.4"), (3008002, "3.8.2")]:
        answer = host.load(VERSION=version)
        assert f"it needs SQLite 3.40 or later, and this host has {written}" in answer, answer
    assert host.load(*works, VERSION=3040000).strip() == scenario.version()

    for name in needed:
        answer = host.load(NULL_SLOTS=slots.index(name))
        # Without the host's allocator no sentence can be handed over.
        sentence = f"this host's SQLite was built without sqlite3_{name}; use a build that has it"
        wanted = "error during initialization" if name == "malloc" else sentence
        assert wanted in answer, f"{name}: {answer}"

    for name in for_tables:
        answer = host.load(*works, "SELECT * FROM facilitator_markers_due", NULL_SLOTS=slots.index(name))
        assert answer.startswith(scenario.version()) and "no such table: facilitator_markers_due" in answer, f"{name}: {answer}"

    others = ",".join(str(number) for number, name in enumerate(slots) if name not in [*for_tables, *needed])
    schema = str(PACKAGE.parent / "tests" / "host" / "schema.sql")
    run_all = [f".read {schema}", *scenario.SCENARIO["rows"], "SELECT preview_facilitator_markers()",
               "SELECT backfill_facilitator_markers_step(1) > 0", "SELECT ensure_facilitator_marker('adak3v9z')",
               "SELECT create_facilitator_marker('Fay0zZ1q', '2026-01-01')", "SELECT backfill_facilitator_markers()",
               "SELECT counted IS NULL FROM facilitator_markers_audit", "SELECT count(*) FROM facilitator_markers_skipped",
               "BEGIN", "SELECT json_extract(repair_facilitator_markers(), '$.markers')", "COMMIT"]
    answer = host.load(*run_all, NULL_SLOTS=others)
    assert answer.splitlines()[1:] == ["1", "created", "created", "1", "1", "3", "3"], answer

    assert "another copy of SQLite in this process has loaded it already" in host.load(TWICE=1)
    assert "error during initialization" in host.load(NO_TABLE=1)
    assert "error during initialization" in host.load(NO_MESSAGE=1, VERSION=3039004)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for entry_point in ENTRY_POINTS:
            main(Host(folder, entry_point))
    print(json.dumps({
        "host": "altered hosts", "sqlite": "",
        "result": f"an older version, each of {len(needed_slots()[1])} missing functions and a second table refused",
    }))
