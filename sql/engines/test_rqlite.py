"""The client for rqlite of `facilitator_markers.sql`, on one node: /usr/bin/python3 sql/engines/test_rqlite.py

needs the wheel in PYTHONPATH, and in RQLITED the path of rqlite's program.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch
from urllib.request import Request, urlopen

from facilitator_markers import sql

import workload
from nodes import DEADLINE, free_addresses, wait_until
from pages import OnEachPage, print_times

SOON_A_LEADER = ("-raft-timeout", "200ms", "-raft-election-timeout", "200ms", "-raft-leader-lease-timeout", "100ms")


class Node:
    """A process of its own, which ends with the test."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.http, self.raft = free_addresses(2)
        self.url = f"http://{self.http}"
        self.start()
        test.addCleanup(self.kill)

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen(
                [
                    os.environ["RQLITED"], "-node-id", "1", "-http-addr", self.http, "-raft-addr", self.raft,
                    *SOON_A_LEADER, self.folder / "data",
                ],
                stdout=log, stderr=subprocess.STDOUT,
            )

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def write(self, *statements):
        """Whatever it is, in one transaction."""
        body = json.dumps([[statement] for statement in statements]).encode()
        request = Request(f"{self.url}/db/execute?transaction", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=DEADLINE) as response:
            for result in json.load(response)["results"]:
                if "error" in result:
                    raise RuntimeError(result["error"])


class Rqlite(unittest.TestCase):
    def setUp(self):
        self.undo = ExitStack()
        self.addCleanup(self.undo.close)
        self.undo.enter_context(patch.dict(os.environ, no_proxy="127.0.0.1"))
        for module in ("_backfill", "_ensure"):
            self.undo.enter_context(patch(f"facilitator_markers.sql.{module}.reading", return_value=workload.CLOCK))
        self.node = Node(self)
        self.client = sql.rqlite(self.node.url)
        wait_until(self.answers, "the node has no leader")
        self.node.write(*workload.statements())

    def answers(self):
        self.assertIsNone(self.node.process.poll(), (self.node.folder / "log").read_text())
        try:
            return self.client.execute("SELECT 1", ())
        except Exception:
            return None

    def backfill(self, client):
        with self.assertRaises(sql.MarkersRefused) as raised:
            sql.backfill(client, owners_per_page=workload.OWNERS_PER_PAGE)
        return raised.exception

    def rows(self):
        return [tuple(row) for row in self.client.execute(workload.ROWS, ()).rows]

    def test_it_leaves_the_rows_that_the_library_leaves(self):
        [[version]] = self.client.execute("SELECT sqlite_version()", ()).rows
        print(f"\nrqlite, from Python, one node, SQLite {version}: {workload.size()}")
        print_times(self.client, self.backfill, "without an index on lower(id)")
        self.assertEqual(sql.due(self.client), [])
        self.assertEqual(workload.differences(self.rows(), workload.expected_rows()), [])
        self.node.write("DELETE FROM reward_addresses WHERE verified_at IS NOT NULL", workload.INDEX)
        print_times(self.client, self.backfill, "with it")
        self.assertEqual(workload.differences(self.rows(), workload.expected_rows()), [])

    def test_ensure_and_the_lists_answer(self):
        [first, *_] = sql.due(self.client)
        self.assertEqual(sql.ensure(self.client, first["user_id"]), "created")
        self.assertEqual(sql.ensure(self.client, first["user_id"]), "already_enrolled")
        self.assertEqual(sql.ensure(self.client, "nobody"), "unknown_user")
        report = sql.report(self.client)
        refused = sum(owner["reason"] == "refused" for owner in sql.skipped(self.client))
        self.assertEqual((report["created"], report["refused"]), (len(sql.due(self.client)), refused))
        self.assertIn("not_verified", {finding["name"] for finding in sql.audit(self.client)})

    def test_an_owner_whom_a_rule_refuses_is_named_with_what_the_node_says(self):
        due = sql.due(self.client)
        owner = due[len(due) // 2]["user_id"]
        self.node.write(
            f"CREATE TRIGGER refuse BEFORE INSERT ON reward_addresses WHEN new.user_id = '{owner}'"
            " BEGIN SELECT RAISE(ABORT, 'no markers'); END"
        )
        error = self.backfill(self.client)
        self.assertEqual((error.refused[0].user_id, str(error.refused[0].reason)), (owner, "no markers"))
        self.assertEqual([left["user_id"] for left in sql.due(self.client)], [owner])

    def test_a_node_that_is_killed_and_comes_back_is_waited_for(self):
        killed = []

        def kill_it_meanwhile(run):
            if killed:
                return run()
            killed.append(True)
            def restart():
                self.node.kill()
                self.node.start()

            restarting = threading.Thread(target=restart)
            restarting.start()
            try:
                return run()
            finally:
                restarting.join()

        client = OnEachPage(self.client, kill_it_meanwhile)
        self.backfill(client)
        self.assertTrue(client.failures)
        self.assertEqual(sql.due(self.client), [])
        self.assertEqual(workload.differences(self.rows(), workload.expected_rows()), [])


if __name__ == "__main__":
    unittest.main()
