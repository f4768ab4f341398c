"""Runs the snippets of docs/loading.md as they stand there, each on a database of its own."""

import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "hosts"))
import scenario

ROOT = scenario.TESTS.parent.parent
MORE_OWNERS = 3_000


def snippets():
    """The one code block of each section, by the section's title."""
    page = (ROOT / "docs" / "loading.md").read_text()
    sections = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return {title: re.search(r"^```\w+\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)[1] for title, body in sections}


def database(path):
    """A database with the scenario's rows, and with more owners than fit into a few steps."""
    db = sqlite3.connect(path)
    db.executescript(scenario.SCHEMA)
    for sql in scenario.SCENARIO["rows"]:
        db.execute(sql)
    more = f"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {MORE_OWNERS})"
    db.execute(f"INSERT INTO \"user\"(id, name, email) {more} SELECT 'More' || i, 'M', i FROM n")
    db.execute(f"""INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
        {more} SELECT 'm' || i, 'M', 'm' || i, 'more' || i, '2026-06-01' FROM n""")
    db.commit()
    return db


def run(title, command, ending, packages=None, environment=None):
    """Runs the snippet in a folder that has what it names: the database, the extension and the packages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = database(folder / "host.db")
        (folder / "facilitator_markers.so").symlink_to(f"{scenario.EXTENSION}.so")
        if packages:
            (folder / "node_modules").symlink_to(packages)
        (folder / f"snippet{ending}").write_text(snippets()[title])
        subprocess.run([*command, f"snippet{ending}"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        enrolled = db.execute("SELECT count(*) FROM reward_addresses").fetchone()[0]
        assert enrolled == MORE_OWNERS + 2, f"the snippet for {title} enrolled {enrolled} owners"
        db.close()
