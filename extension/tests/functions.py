"""docs/functions.md has every function that the extension registers, and its examples give what it says."""

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


def load(db):
    db.enable_load_extension(True)
    db.load_extension(str(scenario.EXTENSION))
    db.enable_load_extension(False)


db = sqlite3.connect(":memory:", isolation_level=None)
before = functions(db)
load(db)
added = functions(db) - before
for told in [listed("##", PAGE), listed(r"\|", LOADING)]:
    assert told == added, told ^ added
assert before <= functions(db), before - functions(db)

db.executescript(scenario.SCHEMA)
rows, *examples = blocks("sql")
db.executescript(rows)
outputs = blocks("text")
assert len(examples) == len(outputs) >= len(added), (len(examples), len(outputs))
for example, output in zip(examples, outputs):
    given = scenario.written(db.execute(example).fetchall())
    assert given == output.strip(), f"{example.strip()} gives {given}"
uncalled = [name for name, _ in added if not any(f"{name}(" in example for example in examples)]
assert not uncalled, uncalled
print(json.dumps({
    "host": "the page of functions", "sqlite": sqlite3.sqlite_version, "result": f"{len(examples)} examples as they are printed",
}))
