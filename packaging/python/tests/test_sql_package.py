"""The SQL edition as it is in the wheel, beside the library: python packaging/python/tests/test_sql_package.py"""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from contextlib import closing
from pathlib import Path

import facilitator_markers as markers
from facilitator_markers import sql
from host import SCHEMA

STATEMENTS = Path(__file__).resolve().parents[3] / "sql"
WORKLOAD = (STATEMENTS / "engines" / "workload.sql").read_text()
ROWS = "SELECT id, user_id, chain_type, address, verification_status, verified_at IS NULL, created_at FROM reward_addresses ORDER BY 1"


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_the_statements_are_those_of_the_repository(self):
        texts = {file.stem: file.read_text() for file in STATEMENTS.glob("*.sql")}
        self.assertEqual(dict(sql.statements), texts)

    def test_it_needs_no_extension(self):
        package = Path(markers.__file__).parent
        shutil.copytree(package, self.folder / package.name, ignore=shutil.ignore_patterns("*.so", "*.dll", "*.dylib", "__pycache__"))
        program = (
            "import sqlite3; from facilitator_markers import sql, loadable_path\n"
            "try: loadable_path()\n"
            "except RuntimeError: print(sql.dbapi(lambda: sqlite3.connect(':memory:')).execute('SELECT 1', []).rows)"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr), ("[(1,)]\n", ""))

    def test_statements_that_are_not_there_are_looked_for_in_the_right_place(self):
        package = Path(markers.__file__).parent
        shutil.copytree(package, self.folder / package.name, ignore=shutil.ignore_patterns("*.sql", "__pycache__"))
        command = [sys.executable, "-c", "import facilitator_markers; import facilitator_markers.sql"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertRegex(done.stderr, "packaging/sdist of the repository puts the statements into the package")

    @unittest.skipUnless(hasattr(sqlite3.Connection, "enable_load_extension"), "this Python's sqlite3 can't load extensions")
    def test_it_leaves_the_markers_and_counts_what_the_library_does(self):
        reports, rows = {}, {}
        for name in ("library", "sql"):
            path = self.folder / f"{name}.db"
            with closing(sqlite3.connect(path, factory=markers.LoadedConnection, isolation_level=None)) as db:
                db.executescript(f"BEGIN; {SCHEMA} {WORKLOAD} COMMIT")
                preview = markers.preview_facilitator_markers(db)
                if name == "sql":
                    with sql.dbapi(lambda: sqlite3.connect(path)) as client, self.assertRaises(sql.MarkersRefused) as raised:
                        sql.backfill(client, owners_per_page=700)
                    reports[name] = raised.exception.report
                    self.assertEqual(len(raised.exception.refused), preview["refused"])
                else:
                    self.assertGreater(preview["refused"], 0)
                    with self.assertRaises(sqlite3.Error):
                        markers.backfill_facilitator_markers(db)
                    reports[name] = {key: preview[key] for key in preview if key != "warnings"}
                rows[name] = db.execute(ROWS).fetchall()
        self.assertEqual(set(rows["sql"]) ^ set(rows["library"]), set())
        self.assertEqual(reports["sql"], reports["library"])
        self.assertGreater(reports["sql"]["created"], 1000)


if __name__ == "__main__":
    unittest.main()
