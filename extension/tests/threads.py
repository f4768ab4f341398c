"""Threads that load the extension at the same moment, each into connections of its own, and call it: tests/c/threads.c.

.ci/threads runs the same program under ThreadSanitizer.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "extension" / "target" / os.environ.get("EXTENSION_BUILD", "release") / "facilitator_markers.so"
# The extension is taken into use once in a process: only then do threads meet there.
PROCESSES = 20


def build(folder):
    program = Path(folder) / "threads"
    sources = [ROOT / "tests" / "c" / name for name in ["threads.c", "host.c"]]
    subprocess.run(
        ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-DEXTENSION", f"-I{ROOT}/include",
         "-o", program, *sources, "-lsqlite3", "-lpthread"],
        check=True,
    )
    return program


with tempfile.TemporaryDirectory() as folder:
    program = build(folder)
    for number in range(PROCESSES):
        data = Path(folder) / str(number)
        data.mkdir()
        subprocess.run(
            [program, ROOT / "tests" / "host" / "schema.sql", data, LIBRARY], check=True, stdout=subprocess.DEVNULL)
print(json.dumps({
    "host": "threads", "sqlite": "the system's", "result": f"{PROCESSES} processes of 8 threads loaded it at once",
}))
