"""docs/functions.md has every function that the extension registers, with the columns of those that are tables, and its examples
give what it says."""

import json
import re
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "hosts"))
import scenario

DOCS = scenario.TESTS.parent.parent / "docs"
PAGE = (DOCS / "functions.md").read_text()
# The same functions in a table, in few words.
LOADING = (DOCS / "loading.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def functions(db):
    """Name and number of arguments of each."""
    return set(db.execute("SELECT name, narg FROM pragma_function_list"))


def listed(beginning, page):
    """Those with which headings, or rows of a table, begin."""
    headings = re.findall(rf"^{beginning} `(\w+)\((.*?)\)`", page, re.MULTILINE)
    return {(name, len(arguments.split(", ")) if arguments else 0) for name, arguments in headings}


def tables(db):
    """Each table-valued function with its columns, types and whether they are hidden."""
    columns = "SELECT name, type, hidden <> 0 FROM pragma_table_xinfo(?)"
    names = [name for name, in db.execute("SELECT name FROM pragma_module_list")]
    return {name: db.execute(columns, [name]).fetchall() for name in names if name.startswith("facilitator_markers")}


def described():
    """What the page says of them."""
    found = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        if heading := re.match(r"`(\w+)`\n", section):
            rows = re.findall(r"^\| `(\w+)` \| (TEXT|INTEGER)(, hidden)? \|", section, re.MULTILINE)
            found[heading[1]] = [(name, kind, int(bool(hidden))) for name, kind, hidden in rows]
    return found


def given_by(db, example):
    """The rows of all its statements."""
    statements = [statement for statement in example.strip().split(";\n") if statement]
    return scenario.written([row for statement in statements for row in db.execute(statement).fetchall()])


def load(db):
    db.enable_load_extension(True)
    db.load_extension(str(scenario.EXTENSION))
    db.enable_load_extension(False)


db = sqlite3.connect(":memory:", isolation_level=None)
before = functions(db)
assert not tables(db), tables(db)
load(db)
added = functions(db) - before
for told in [listed("##", PAGE), listed(r"\|", LOADING)]:
    assert told == added, told ^ added
assert described() == tables(db), (described(), tables(db))
named = set(re.findall(r"^\| `(facilitator_markers_\w+)` \|", LOADING, re.MULTILINE))
assert named == set(tables(db)), named
assert before <= functions(db), before - functions(db)

db.executescript(scenario.SCHEMA)
rows, *examples = blocks("sql")
db.executescript(rows)
outputs = blocks("text")
assert len(examples) == len(outputs) >= len(added), (len(examples), len(outputs))
for example, output in zip(examples, outputs):
    given = given_by(db, example)
    # Long texts are cut on the page.
    printed = ".*".join(re.escape(part) for part in output.strip().split("…"))
    assert re.fullmatch(printed, given), f"{example.strip()} gives {given}"
uncalled = [name for name, _ in added if not any(f"{name}(" in example for example in examples)]
uncalled += [name for name in tables(db) if not any(f"FROM {name}" in example for example in examples)]
assert not uncalled, uncalled
print(json.dumps({
    "host": "the page of functions", "sqlite": sqlite3.sqlite_version, "result": f"{len(examples)} examples as they are printed",
}))
