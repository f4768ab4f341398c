"""Runs the cases of scenario.json in a host whose connections a small adapter opens."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
# A debug build has checks that the release has not; and there are files for other platforms than this.
BUILT = TESTS.parent / "target" / os.environ.get("EXTENSION_BUILD", "release") / "facilitator_markers.so"
FILE = Path(os.environ.get("EXTENSION", BUILT))
EXTENSION = FILE.with_suffix("")
SCHEMA = (TESTS.parent.parent / "tests" / "host" / "schema.sql").read_text()
SCENARIO = json.loads((TESTS / "scenario.json").read_text())
# Copies under other names: with a bundler's hash, with the host's own, and with none.
COPIES = ["facilitator_markers-6lkihn3m", "enrollment", "facilitator_markers"]
OPENING = ["PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 0"]


def version():
    """The version that the package has."""
    lines = (TESTS.parent / "Cargo.toml").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))


def schema_of(case):
    old, new = case.get("schema_with", ["", ""])
    assert old in SCHEMA, f"the schema has no {old!r}"
    return SCHEMA.replace(old, new, 1) if old else SCHEMA


def written(rows):
    """Rows as the scenario has them."""
    text = lambda value: "" if value is None else str(value)
    return ",".join("|".join(text(value) for value in row) for row in rows)


def expected(step):
    return step["gives"].replace("{version}", version()) if "gives" in step else None


def check(case, step, rows=None, name=None, code=None, message=None):
    """Compares what a step came to: rows, or the failure's name (where the host has names), code and message."""
    where = f"{case['name']}: {step['sql']}"
    if "fails" in step:
        assert message is not None, f"{where}: gave {rows!r}, and should have failed"
        wanted = SCENARIO["codes"][step["fails"]]["code"]
        assert code == wanted, f"{where}: failed with code {code} ({message}), not {wanted}"
        assert name in (None, step["fails"]), f"{where}: failed with {name}, not {step['fails']}"
        assert step["says"] in message, f"{where}: said {message!r}, not {step['says']!r}"
    else:
        assert message is None, f"{where}: failed with code {code}: {message}"
        if "gives" in step:
            assert written(rows) == expected(step), f"{where}: gave {written(rows)!r}, not {expected(step)!r}"


def run_case(case, path, connect, failure_of):
    main = connect(path)
    for sql in case.get("before_schema", []) + OPENING:
        main.run(sql)
    main.script(schema_of(case))
    for sql in SCENARIO["rows"]:
        main.run(sql)
    other = connect(path)
    for sql in OPENING:
        other.run(sql)
    for step in case["do"]:
        try:
            rows = (other if step.get("other") else main).run(step["sql"])
        except Exception as error:
            check(case, step, **failure_of(error, step))
        else:
            check(case, step, rows)
    other.close()
    main.close()


def copies(folder):
    """The paths of the copies, as a host hands them over."""
    for name in COPIES:
        shutil.copyfile(FILE, os.path.join(folder, name + FILE.suffix))
    return [os.path.join(folder, name) for name in COPIES]


def default_wait(connect):
    """How long the driver's connections wait for a lock unless they are told otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        connection = connect(os.path.join(folder, "host.db"))
        wait = int(list(connection.run("PRAGMA busy_timeout"))[0][0])
        connection.close()
    return f"{wait:,} ms"


def load_copies(connect, folder):
    for copy in copies(folder):
        connection = connect(":memory:", copy)
        assert list(connection.run("SELECT facilitator_markers_version()")) == [(version(),)], copy
        connection.close()


def run(connect, failure_of):
    """Runs every case. `connect(path)` opens a connection with the extension, `connect(path, copy)` with a copy of it;
    `failure_of(error, step)` reads an error."""
    with tempfile.TemporaryDirectory() as folder:
        load_copies(connect, folder)
        for number, case in enumerate(SCENARIO["cases"]):
            run_case(case, os.path.join(folder, f"{number}.db"), connect, failure_of)


def report(host, sqlite, wait):
    """The last line of every host's program, which hosts.py reads."""
    result = f"all {len(SCENARIO['cases'])} cases"
    print(json.dumps({"host": host, "sqlite": sqlite, "wait": wait, "result": result}))
    sys.stdout.flush()
