"""The SQL edition on three nodes of dqlite, from the wheel: python3.13 sql/engines/dqlite/test_dqlite.py

needs libdqlite-dev and a C compiler, in PYTHONPATH the wheel and requirements.txt, and in EXTENSION the extension's file.
"""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import dqlitedbapi

from facilitator_markers import sql

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import workload
from cluster import Cluster
from nodes import wait_until
from pages import OnEachPage, print_times

README = (HERE.parents[2] / "packaging" / "python" / "README.md").read_text()
SPILLED = 522

# Further owners, and an index all over which their markers go, so that its pages leave the cache and come back. Where the log is
# empty when that begins, dqlite fails; versions after https://github.com/canonical/dqlite/issues/432 may take all of them at once.
MORE, AT_ONCE = 8_000, 1_000
MANY_PLACES = "CREATE INDEX reward_addresses_created ON reward_addresses(created_at, id, user_id, address)"


def more_owners(first):
    counted = f"WITH RECURSIVE counted(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM counted WHERE n < {first + AT_ONCE - 1})"
    id, hash = "printf('More%05dOwners', n)", "n * 2654435761 % 4294967291"
    date = f"printf('2025-%02d-%02d %02d:%02d:00', 1 + {hash} % 12, 1 + {hash} / 12 % 28, {hash} / 336 % 24, {hash} / 8064 % 60)"
    return (
        f'INSERT INTO "user" (id, name, email) {counted} SELECT {id}, \'Somebody\', \'more\' || n FROM counted',
        "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)"
        f" {counted} SELECT 'more' || n, 'Pay', 'more' || n, lower({id}), {date} FROM counted",
    )


class WithNode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.program = cls.folder / "node"
        command = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", cls.program, HERE / "node.c", "-ldqlite", "-lsqlite3"]
        subprocess.run(command, check=True)


class Extension(WithNode):
    def test_it_refuses_to_be_loaded_into_a_node_which_lives_on(self):
        # dqlite keeps the reason to itself, and closes the client's connection.
        with Cluster(self.program, self.folder, nodes=1, extension=[os.environ["EXTENSION"]]) as cluster:
            with self.assertRaisesRegex(dqlitedbapi.OperationalError, "closed by server"):
                cluster.connect("host").cursor().execute("SELECT 1")
            self.assertIsNone(cluster.processes[0].poll())


class Dqlite(WithNode):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = cls.enterClassContext(Cluster(cls.program, cls.folder))
        cls.expected = workload.expected_rows()
        cls.due = sum(row[5] == workload.CLOCK for row in cls.expected)

    def setUp(self):
        """A database of its own, with the workload."""
        self.database = self.id().rpartition(".")[2][:50]
        self.client = self.enterContext(sql.dbapi(lambda: self.cluster.connect(self.database)))
        for statement in workload.statements():
            self.client.execute(statement, ())
        for module in ("_backfill", "_ensure"):
            self.enterContext(patch(f"facilitator_markers.sql.{module}.reading", return_value=workload.CLOCK))

    def backfill(self, client, owners_per_page=workload.OWNERS_PER_PAGE):
        """Its report. Wallets are in the place of some markers, and nothing else is refused."""
        with self.assertRaises(sql.MarkersRefused) as raised:
            sql.backfill(client, owners_per_page=owners_per_page)
        self.assertEqual({owner.reason for owner in raised.exception.refused}, {"another row has the marker's id or address"})
        return raised.exception.report

    def rows_of(self, number):
        """Those that a node has on its own disk."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in self.cluster.files(number, self.database).items():
                Path(folder, name).write_bytes(content)
            with closing(sqlite3.connect(Path(folder, self.database))) as db:
                # A node that has just begun to catch up has nothing yet.
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'reward_addresses'").fetchall():
                    return []
                self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
                return db.execute(workload.ROWS).fetchall()

    def assert_equal(self, expected, *numbers):
        """On each node, once it has caught up."""
        self.assertEqual(sql.due(self.client), [])
        self.assertEqual(workload.differences(self.client.execute(workload.ROWS, ()).rows, expected), [])
        for number in numbers:
            wait_until(lambda: self.rows_of(number) == expected, f"node {number} has other rows")

    def test_every_node_has_the_rows_that_the_library_writes(self):
        [first, *_] = sql.due(self.client)
        self.assertEqual(sql.ensure(self.client, first["user_id"]), "created")
        self.assertEqual(sql.ensure(self.client, first["user_id"]), "already_enrolled")
        counting = OnEachPage(self.client)
        report = self.backfill(counting)
        self.assertEqual((report["created"], counting.failures), (self.due - 1, []))
        self.assertEqual(counting.pages, -(-(self.due - 1) // workload.OWNERS_PER_PAGE))
        self.assert_equal(self.expected, 0, 1, 2)
        self.assertEqual(self.backfill(self.client)["created"], 0)

    def test_the_client_of_the_packages_readme_finds_the_leader(self):
        [snippet] = [block for block in re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S) if "sql.dbapi" in block]
        for number, address in enumerate(self.cluster.addresses, 1):
            snippet = snippet.replace(f"10.0.0.{number}:9001", address)
        names = {}
        exec(snippet.replace('"host"', repr(self.database)), names)
        for _ in self.cluster.addresses:
            with names["client"] as client:
                self.assertEqual(len(sql.due(client)), self.due)

    def test_a_leader_killed_in_the_middle_of_a_page_costs_nothing(self):
        killed = []

        def kill_while_it_works(run):
            if killed:
                return run()
            number, has_answered = self.cluster.leader(), threading.Event()

            def watch():
                begun = self.cluster.ticks(number)
                while not has_answered.is_set():
                    if self.cluster.ticks(number) > begun + 1:
                        self.cluster.kill(number)
                        killed.append(number)
                        return

            watching = threading.Thread(target=watch)
            watching.start()
            try:
                return run()
            finally:
                has_answered.set()
                watching.join()

        self.lose_a_leader(kill_while_it_works, killed)

    def test_an_answer_that_is_lost_with_the_leader_costs_nothing(self):
        killed = []

        def kill_once_it_is_committed(run):
            result = run()
            if not killed:
                killed.append(self.cluster.leader())
                self.cluster.kill(killed[0])
                raise ConnectionError("the leader is gone")
            return result

        self.lose_a_leader(kill_once_it_is_committed, killed)

    def test_a_leader_that_is_deposed_costs_nothing(self):
        """Its connections stay open, and answer no statement any more."""
        def depose_before_the_second(run):
            if client.pages == 2:
                self.cluster.depose()
            return run()

        client = OnEachPage(self.client, depose_before_the_second)
        self.assertEqual(self.backfill(client)["created"], self.due)
        self.assertEqual(len(client.failures), 1)
        self.assert_equal(self.expected, 0, 1, 2)

    def lose_a_leader(self, around, killed):
        client = OnEachPage(self.client, around)
        report = self.backfill(client)
        self.assertEqual(report["created"], self.due)
        self.assertTrue(client.failures)
        [gone] = killed
        self.assert_equal(self.expected, *{0, 1, 2} - {gone})
        self.cluster.start(gone)
        self.assert_equal(self.expected, 0, 1, 2)

    def empty_the_log(self):
        """Writes until dqlite has moved all of it into the database."""
        names = iter(range(1000))
        leader, log = self.cluster.leader(), f"{self.database}-wal"

        def is_empty():
            self.client.execute("UPDATE facilitators SET name = ? WHERE rowid <= 2000", [f"Pay {next(names)}"])
            return self.cluster.files(leader, self.database)[log] == b""

        wait_until(is_empty, "the log is never empty")

    def test_a_page_that_spills_the_cache_changes_nothing_and_is_halved(self):
        further = [MANY_PLACES, *(text for number in range(0, MORE, AT_ONCE) for text in more_owners(number))]
        for statement in further:
            self.client.execute(statement, ())
        due = sql.due(self.client)
        self.empty_the_log()
        with self.assertRaises(Exception) as refused:
            self.client.execute(sql.statements["whole"], [workload.CLOCK])
        self.assertEqual(refused.exception.code, SPILLED, refused.exception)
        self.assertEqual(sql.due(self.client), due)
        counting = OnEachPage(self.client)
        self.assertEqual(self.backfill(counting, owners_per_page=1_000_000)["created"], len(due))
        self.assertEqual({failure.code for failure in counting.failures}, {SPILLED})
        self.assert_equal(workload.expected_rows(*further), 0, 1, 2)

    def test_a_statement_binds_255_values_and_takes_more_for_null(self):
        def bound(count):
            return self.client.execute("SELECT " + ", ".join("?" * count), ["x"] * count).rows

        self.assertEqual(bound(255), [("x",) * 255])
        self.assertNotEqual(bound(256), [("x",) * 256])

    def test_what_a_page_takes(self):
        [[version]] = self.client.execute("SELECT sqlite_version()", ()).rows
        print(f"\ndqlite, three nodes, SQLite {version}: {workload.size()}")
        # Those whose markers are there already cost a page next to nothing, so that it begins anew.
        print_times(self.client, self.backfill, "without an index on lower(id)")
        self.client.execute("DELETE FROM reward_addresses WHERE verified_at IS NOT NULL", ())
        self.client.execute(workload.INDEX, ())
        print_times(self.client, self.backfill, "with it")


if __name__ == "__main__":
    # The driver leaves what was open to a dead node to the garbage collector.
    unittest.main(warnings="ignore")
