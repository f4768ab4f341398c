"""A backfill of the library's beside Litestream: /usr/bin/python3 sql/engines/test_litestream.py

needs the wheel in PYTHONPATH, and `litestream` in PATH.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from contextlib import closing
from pathlib import Path

import facilitator_markers

import workload
from nodes import DEADLINE, wait_until

LITESTREAM = shutil.which("litestream")
CONFIGURATION = """
dbs:
  - path: {database}
    monitor-interval: 10ms
    replica:
      type: file
      path: {replica}
      sync-interval: 10ms
"""


@unittest.skipUnless(LITESTREAM or "CI" in os.environ, "litestream isn't in PATH")
class Litestream(unittest.TestCase):
    """`database` has the workload, and Litestream copies it to `replica` all the time."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.database, self.replica = self.folder / "host.db", self.folder / "replica"
        self.host = self.open(self.database)
        self.host.execute("PRAGMA journal_mode = WAL")
        self.host.executescript("".join(["BEGIN;", *workload.statements(), "COMMIT;"]))
        configuration = self.folder / "litestream.yml"
        configuration.write_text(CONFIGURATION.format(database=self.database, replica=self.replica))
        with open(self.folder / "log", "w") as log:
            self.litestream = subprocess.Popen(
                [LITESTREAM, "replicate", "-config", configuration], stdout=log, stderr=subprocess.STDOUT,
            )
        self.addCleanup(self.litestream.wait)
        self.addCleanup(self.litestream.kill)
        self.wait_until(self.copied)

    def open(self, path):
        connection = sqlite3.connect(path, isolation_level=None, factory=facilitator_markers.LoadedConnection)
        self.addCleanup(connection.close)
        return connection

    def copied(self):
        """The files with which a restore begins, and those with later changes."""
        return set(self.replica.glob("**/*.ltx"))

    def log(self):
        return (self.folder / "log").read_text()

    def wait_until(self, condition):
        def holds():
            self.assertIsNone(self.litestream.poll(), self.log())
            return condition()

        wait_until(holds, self.log)

    def backfill(self, connection, **options):
        """Wallets are in the place of some markers, so that it raises in the end."""
        with self.assertRaisesRegex(sqlite3.Error, "refused"):
            facilitator_markers.backfill_facilitator_markers(connection, **options)

    def restored(self):
        path = self.folder / "restored.db"
        subprocess.run(
            [LITESTREAM, "restore", "-o", path, self.replica.as_uri()], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        copy = self.open(path)
        self.assertEqual(copy.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        return copy

    def rows(self, connection):
        return connection.execute(workload.ROWS).fetchall()

    def test_a_copy_has_the_markers_that_were_written_while_it_was_made(self):
        before, copied_before = self.rows(self.host), self.copied()

        def is_at_work(progress):
            # So that it copies between the steps, and not all in the end.
            if not self.copied() - copied_before:
                self.wait_until(lambda: self.copied() - copied_before)

        self.backfill(self.host, owners_per_step=300, on_progress=is_at_work)
        self.litestream.terminate()
        self.assertEqual(self.litestream.wait(DEADLINE), 0, self.log())
        rows = self.rows(self.host)
        self.assertGreater(len(rows), len(before) + 1000)
        self.assertEqual(workload.differences(self.rows(self.restored()), rows), [])

    def test_a_copy_that_ends_in_the_middle_is_finished_by_the_next_backfill(self):
        before, copied_before = self.rows(self.host), self.copied()

        def kill(progress):
            if progress["created"] >= 1000 and self.litestream.returncode is None:
                self.wait_until(lambda: len(self.copied() - copied_before) > 2)
                self.litestream.kill()
                self.litestream.wait()

        self.backfill(self.host, owners_per_step=300, on_progress=kill)
        rows, copy = self.rows(self.host), self.restored()
        self.assertLess(set(before), set(self.rows(copy)))
        self.assertLess(set(self.rows(copy)), set(rows))
        self.backfill(copy)
        # The rest has the later reading of the clock.
        timeless = [[(*row[:5], row[6]) for row in those] for those in (self.rows(copy), rows)]
        self.assertEqual(workload.differences(*timeless), [])


if __name__ == "__main__":
    unittest.main()
