"""Runs the script on a database with 2,000 owners: python3 -m unittest discover examples/python"""

import re
import sqlite3
import subprocess
import sys
import tempfile
import time
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
        self.db.execute("PRAGMA journal_mode = WAL")
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

    def script(self, owner):
        return [sys.executable, HERE / "enroll.py", self.path, EXTENSION, owner, f"of-{owner}"]

    def run_script(self, owner):
        return subprocess.run(self.script(owner), capture_output=True, text=True)

    def enroll(self, owner):
        done = self.run_script(owner)
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

    def test_creates_nothing_for_an_owner_who_is_no_user(self):
        before = self.count("facilitators")
        done = self.run_script("nobody")
        self.assertEqual((done.returncode, done.stderr), (1, "no facilitator was created: nobody is unknown_user\n"))
        self.assertEqual(self.count("facilitators"), before)

    def test_creates_a_facilitator_whose_volume_does_not_count_yet_and_says_so(self):
        before = self.count("facilitators")
        self.db.execute("INSERT INTO \"user\" (id, name, email) VALUES ('neWoWNER', 'N', 'twin')")
        self.db.commit()
        done = self.run_script("newowner")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "newowner is ambiguous_user: the volume doesn't count yet\n")
        self.assertEqual(self.count("facilitators"), before + 1)

    def test_waits_while_another_connection_writes(self):
        self.db.execute("BEGIN IMMEDIATE")
        script = subprocess.Popen(self.script("NewOwner"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(script.stdout.close)
        self.until_waiting(script)
        self.db.execute("COMMIT")
        self.assertEqual(script.communicate()[0].splitlines()[-1], "created")
        self.assertEqual(script.returncode, 0)
        self.assertEqual(self.count("reward_addresses"), OWNERS + 1)

    def until_waiting(self, script):
        """Waits until the script has the extension, and has gone to sleep several times while it can't write."""
        process = Path(f"/proc/{script.pid}")
        enough = None
        while enough is None or self.sleeps(process) < enough:
            self.assertIsNone(script.poll(), "it didn't wait")
            if enough is None and "facilitator_markers" in (process / "maps").read_text():
                enough = self.sleeps(process) + 10
            time.sleep(0.001)

    def sleeps(self, process):
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (process / "status").read_text(), re.MULTILINE)[1])


if __name__ == "__main__":
    unittest.main()
