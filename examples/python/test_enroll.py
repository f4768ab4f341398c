"""Runs the script on a database with 2,000 owners: python3 -m unittest discover examples/python"""

import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXTENSION = ROOT / "extension" / "target" / "release" / "facilitator_markers"
OWNERS = 2_000


class Enroll(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/host.db"
        self.db = sqlite3.connect(self.path)
        self.addCleanup(self.db.close)
        self.db.executescript((ROOT / "tests" / "host" / "schema.sql").read_text())
        people = [(f"Owner{number}", str(number)) for number in range(OWNERS)] + [("NewOwner", "new")]
        self.db.executemany("INSERT INTO \"user\" (id, name, email) VALUES (?, 'O', ?)", people)
        facilitators = [(f"f{number}", f"s{number}", f"owner{number}") for number in range(OWNERS)]
        self.db.executemany(
            "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)"
            " VALUES (?, 'F', ?, ?, '2026-01-21 10:00:00')",
            facilitators,
        )
        self.db.commit()

    def enroll(self, owner):
        script = [sys.executable, HERE / "enroll.py", self.path, EXTENSION, owner, f"of-{owner}"]
        done = subprocess.run(script, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def count(self, sql):
        return self.db.execute(f"SELECT count(*) FROM {sql}").fetchone()[0]

    def test_backfills_in_steps_and_enrolls_a_new_owner(self):
        lines = self.enroll("NewOwner")
        self.assertGreaterEqual(len(lines), 4)
        self.assertEqual(lines[-1], "created")
        old = "reward_addresses WHERE chain_type = 'facilitator' AND created_at = '2026-01-21 10:00:00'"
        self.assertEqual(self.count(old), OWNERS)
        self.assertEqual(self.count("reward_addresses"), OWNERS + 1)

        self.assertEqual(self.enroll("Owner7")[-1], "already_enrolled")
        self.assertEqual(self.count("reward_addresses"), OWNERS + 1)


if __name__ == "__main__":
    unittest.main()
