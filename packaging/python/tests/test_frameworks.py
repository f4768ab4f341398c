"""The snippets of the package's README, as they stand there, in an empty folder, with the installed wheel:

python packaging/python/tests/test_frameworks.py
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import unittest
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from host import OWNERS, folder_with_database

TESTS = Path(__file__).resolve().parent
README = (TESTS.parent / "README.md").read_text()
ARE_INSTALLED = all(map(find_spec, ("aiosqlite", "django", "sqlalchemy"))) or "CI" in os.environ

# Starts, creates a facilitator, and then one for nobody.
USE = """
print(run(at_start()))
print(run(create_facilitator("NewOwner", "new")))
try:
    run(create_facilitator("nobody", "nobody"))
except ValueError as refusal:
    print(refusal)
"""
USED = ["None", "created", "nobody is unknown_user"]
PLAIN = "run = lambda done: done\n"
ASYNCIO = "run = asyncio.Runner().run\n"
DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
"""


def snippets(title):
    """The code blocks of a section."""
    section = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = folder_with_database(self)

    def run_program(self, text):
        """Its lines, in the folder, without this folder's modules."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", text], cwd=self.folder, capture_output=True, text=True, timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def count(self, table):
        with closing(sqlite3.connect(self.folder / "host.db")) as db:
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def add_models(self, framework):
        shutil.copyfile(TESTS / f"models_{framework}.py", self.folder / "models.py")

    def assert_enrolls(self, program):
        """All who own a facilitator have a marker afterwards, and the facilitator of nobody isn't kept."""
        self.assertEqual(self.run_program(program), USED)
        self.assertEqual((self.count("reward_addresses"), self.count("facilitators")), (OWNERS + 1, OWNERS + 1))


class FirstSnippet(InFolder):
    def test_the_first_snippet_enrolls_every_owner(self):
        [snippet] = snippets("facilitator-markers")
        lines = self.run_program(f'user_id = "owner1"\n{snippet}\nprint(report["created"], outcome)')
        self.assertEqual(lines, [f"{OWNERS} already_enrolled"])


@unittest.skipUnless(ARE_INSTALLED, "frameworks.txt isn't installed")
class Snippets(InFolder):
    """Each enrolls every owner at the start, and whoever gets a facilitator."""

    def test_sqlalchemy(self):
        self.add_models("sqlalchemy")
        [snippet] = snippets("SQLAlchemy")
        # As many hosts have it.
        self.assert_enrolls(snippet.replace("Session(engine)", "Session(engine, autoflush=False)") + PLAIN + USE)

    def test_sqlalchemy_with_asyncio(self):
        self.add_models("sqlalchemy")
        [snippet] = snippets("SQLAlchemy with asyncio")
        snippet = snippet.replace("Session(engine)", "Session(engine, autoflush=False)")
        self.assert_enrolls(snippet + ASYNCIO + USE + "run(engine.dispose())\n")

    def test_aiosqlite(self):
        [snippet] = snippets("aiosqlite")
        self.assert_enrolls(snippet + ASYNCIO + USE)

    def test_django(self):
        self.add_models("django")
        settings, snippet = snippets("Django")
        (self.folder / "settings.py").write_text(settings)
        self.assert_enrolls(DJANGO + snippet + PLAIN + USE)


@unittest.skipUnless(ARE_INSTALLED, "frameworks.txt isn't installed")
class InHooks(InFolder):
    """What the README says of `load` in a framework's own hooks."""

    def test_a_listener_of_sqlalchemy_loads_it(self):
        [snippet] = snippets("SQLAlchemy")
        listener = """
from sqlalchemy import event
from facilitator_markers import load
event.listen(engine, "connect", lambda dbapi_connection, record: load(dbapi_connection))
"""
        self.add_models("sqlalchemy")
        self.assert_enrolls(without_factory(snippet) + listener + PLAIN + USE)

    def test_a_receiver_of_djangos_signal_loads_it(self):
        settings, snippet = snippets("Django")
        (self.folder / "settings.py").write_text(without_factory(settings))
        receiver = """
from django.db.backends.signals import connection_created
from facilitator_markers import load
def receive(connection, **_):
    load(connection.connection)
connection_created.connect(receive)
"""
        self.add_models("django")
        self.assert_enrolls(DJANGO + receiver + snippet + PLAIN + USE)

    def test_a_listener_with_asyncio_is_told_to_use_the_factory(self):
        [snippet] = snippets("SQLAlchemy with asyncio")
        listener = """
from sqlalchemy import event
from facilitator_markers import load
event.listen(engine.sync_engine, "connect", lambda dbapi_connection, record: load(dbapi_connection))
async def connect():
    async with engine.connect():
        pass
try:
    run(connect())
except TypeError as error:
    print(error)
"""
        self.add_models("sqlalchemy")
        [sentence] = self.run_program(without_factory(snippet) + ASYNCIO + listener)
        self.assertRegex(sentence, "AsyncAdapt_aiosqlite_connection is no connection of .* factory=facilitator_markers.Loaded")

    def test_who_has_a_connection_of_aiosqlite_is_told_to_use_the_factory(self):
        program = """
import asyncio, aiosqlite
from facilitator_markers import load
async def main():
    async with aiosqlite.connect("host.db") as db:
        try:
            load(db)
        except TypeError as error:
            print(error)
asyncio.run(main())
"""
        [sentence] = self.run_program(program)
        self.assertRegex(sentence, "^aiosqlite.core.Connection is no connection of .* factory=facilitator_markers.LoadedConn")

    def test_who_has_djangos_wrapper_is_told_what_it_wraps(self):
        settings, _ = snippets("Django")
        (self.folder / "settings.py").write_text(settings)
        program = """
from django.db import connections
from facilitator_markers import load
try:
    load(connections["default"])
except TypeError as error:
    print(error)
"""
        [sentence] = self.run_program(DJANGO + program)
        self.assertRegex(sentence, "^django.*DatabaseWrapper is no connection of sqlite3 or apsw: pass the one that it wraps")


def without_factory(snippet):
    changed = re.sub(r'(, connect_args=)?\{"factory": LoadedConnection\}', lambda found: "" if found[1] else "{}", snippet)
    assert changed != snippet
    return changed


if __name__ == "__main__":
    unittest.main()
