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
HOSTS = scenario.TESTS / "hosts"


def snippets():
    """The one code block of each section, by the section's title."""
    page = (ROOT / "docs" / "loading.md").read_text()
    sections = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return {title: re.search(r"^```\w+\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)[1] for title, body in sections}


def database(path):
    db = sqlite3.connect(path)
    db.executescript(scenario.SCHEMA)
    for sql in scenario.SCENARIO["rows"]:
        db.execute(sql)
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
        assert db.execute("SELECT count(*) FROM reward_addresses").fetchone() == (2,), f"{title} enrolled other than 2"
        db.close()
