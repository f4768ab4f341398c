"""What each host shows of a failure is what docs/errors.md says."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
HOSTS = HERE.parent / "hosts"
BIN = HOSTS / "node_modules" / ".bin"
DENO = [BIN / "deno", "run", "--allow-read", "--allow-write", "--allow-ffi", "--allow-env", "--allow-sys"]
SCENARIO = json.loads((HERE.parent / "scenario.json").read_text())
# Those that Python doesn't show by their name.
PYTHONS_NAMES = {"SQLITE_CONSTRAINT_DATATYPE": "unknown", "SQLITE_NOMEM": None}


def number(name):
    return 3091 if name == "SQLITE_CONSTRAINT_DATATYPE" else getattr(sqlite3, name)


def table():
    """Python's exception for each code of the page."""
    rows = re.findall(r"^\|[^|]*\|[^|]*\|([^|]*)\| `(\w+)` \|.*\|$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    assert len(rows) > 20, rows
    exceptions = {}
    for codes, exception in rows:
        for code in re.findall(r"`(\w+)`", codes):
            assert exceptions.setdefault(code, exception) == exception, f"{code} is two exceptions in Python"
    return exceptions


def in_python(extension, exceptions):
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    db.load_extension(extension)
    for name, exception in exceptions.items():
        try:
            db.execute("SELECT fail_with(?)", [number(name)]).fetchall()
        except Exception as error:
            shown = type(error).__name__, getattr(error, "sqlite_errorname", None)
            assert shown == (exception, PYTHONS_NAMES.get(name, name)), f"{name}: Python shows {shown}"
            assert getattr(error, "sqlite_errorcode", None) in (None, number(name)), name
        else:
            raise AssertionError(f"{name} didn't fail")


def shown(command, exceptions):
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent / "target" / "apsw")}
    codes = [str(number(name)) for name in exceptions]
    done = subprocess.run([*command, *codes], cwd=HERE, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main(folder):
    extension = str(Path(folder) / "failing")
    source = HERE / "failing.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", f"{extension}.so", source], check=True)
    exceptions = table()
    for name, code in SCENARIO["codes"].items():
        assert (number(name), exceptions[name]) == (code["code"], code["python"]), name
    in_python(extension, exceptions)
    names, numbers = list(exceptions), [number(name) for name in exceptions]
    for command, host, wanted in [
        (["node"], "better-sqlite3", names),
        ([BIN / "node"], "newest better-sqlite3", names),
        ([BIN / "node"], "node:sqlite", numbers),
        (DENO, "node:sqlite", numbers),
        ([BIN / "bun"], "bun:sqlite", names),
        # The one for which .ci/extension installs apsw.
        (["python3"], "apsw", numbers),
    ]:
        program = "shown.py" if host == "apsw" else "shown.mjs"
        found = shown([*command, program, host, extension], exceptions)
        assert found == wanted, f"{command[0]} with {host}: {[pair for pair in zip(found, wanted) if pair[0] != pair[1]]}"
    print(json.dumps({"host": "what hosts show", "sqlite": "", "result": f"{len(names)} codes as docs/errors.md has them"}))


with tempfile.TemporaryDirectory() as folder:
    main(folder)
