"""The server's start, and its end meanwhile: python3 -m unittest discover examples/python

The backfill pauses between its steps, and while others write, by time.sleep: here something is done in each pause instead.
"""

import asyncio
import threading
import unittest
from unittest.mock import patch

from fastapi.testclient import TestClient

from backfill import Backfill
from database import opener
from markers import MarkerAuditor
from routes import application
from sample.host import CREATED_AT, host, user_id

OWNERS = 2_000


class Start(unittest.TestCase):
    def host_and_client(self, users=OWNERS + 1, owners=OWNERS):
        db = self.enterContext(host(users, owners))
        return db, TestClient(application(db.path))

    def backfill_of(self, client):
        health = client.get("/health")
        self.assertEqual((health.status_code, health.json()["status"]), (200, "ok"))
        return health.json()["backfill"]

    def until_ended(self, client):
        while (backfill := self.backfill_of(client))["state"] == "running":
            pass
        return backfill

    def volume(self, client, number):
        return client.get(f"/rewards/{user_id(number)}").json()["volume"]

    def test_answers_between_the_steps_before_the_backfill_ends(self):
        db, client = self.host_and_client()
        answers, volumes = [], []

        def ask(_):
            answers.append(self.backfill_of(client))
            volumes.append(self.volume(client, OWNERS - 1))

        with patch("time.sleep", ask), client:
            self.assertEqual(self.until_ended(client), {"state": "finished", "remaining": 0})
            self.assertEqual({answer["state"] for answer in answers}, {"running"})
            remaining = [answer["remaining"] for answer in answers]
            self.assertGreaterEqual(len(remaining), 3)
            self.assertEqual(remaining, sorted(set(remaining), reverse=True))
            self.assertEqual(volumes[0], "0")
            self.assertEqual([self.volume(client, number) for number in (0, 1, OWNERS - 1, OWNERS)], ["1000"] * 3 + ["0"])
        self.assertEqual(db.value("SELECT count(*) FROM reward_addresses WHERE created_at = ?", CREATED_AT), OWNERS)

    def test_has_nothing_to_do_when_it_starts_again(self):
        db, client = self.host_and_client(owners=10)
        with client:
            self.until_ended(client)
        before = db.execute("SELECT * FROM reward_addresses ORDER BY id").fetchall()
        self.assertEqual(len(before), 10)
        with TestClient(application(db.path)) as again:
            self.assertEqual(self.until_ended(again)["state"], "finished")
        self.assertEqual(db.execute("SELECT * FROM reward_addresses ORDER BY id").fetchall(), before)

    def test_leaves_the_rest_to_the_next_start(self):
        db, client = self.host_and_client()
        pauses, stops = threading.Event(), threading.Event()

        def pause(_):
            pauses.set()
            stops.wait()

        with patch("time.sleep", pause), calling(Backfill, "stop", stops.set):
            with client:
                pauses.wait()
        done = db.markers()
        self.assertTrue(0 < done < OWNERS, done)
        with TestClient(application(db.path)) as next_start:
            self.until_ended(next_start)
        self.assertEqual(db.markers(), OWNERS)

    def test_goes_on_when_another_process_has_done_its_writing_and_answers_meanwhile(self):
        db, client = self.host_and_client(owners=10)
        states = []

        def pause(_):
            if db.in_transaction:
                states.append(self.backfill_of(client)["state"])
                if len(states) == 3:
                    db.execute("COMMIT")

        db.execute("BEGIN IMMEDIATE")
        with patch("time.sleep", pause), client:
            self.assertEqual(self.until_ended(client)["state"], "finished")
        self.assertEqual((states, db.markers()), (["running"] * 3, 10))

    def test_ends_while_another_process_writes(self):
        db, client = self.host_and_client(owners=10)
        waits = threading.Event()
        db.execute("BEGIN IMMEDIATE")
        with patch("time.sleep", lambda _: waits.set()):
            with client:
                waits.wait()
        db.execute("COMMIT")
        self.assertEqual(db.markers(), 0)

    def test_answers_and_says_so_where_the_tables_are_missing(self):
        db, client = self.host_and_client(owners=1)
        db.execute("ALTER TABLE reward_addresses RENAME COLUMN verified_at TO seen_at")
        with self.assertLogs("backfill") as logs, client:
            self.assertEqual(self.until_ended(client)["state"], "failed")
        self.assertIn("the database lacks column reward_addresses.verified_at", logs.output[0])


class Audits(unittest.TestCase):
    def test_who_asks_while_an_audit_runs_gets_its_result(self):
        opened = []

        def open_database():
            opened.append(opener(db.path)())
            return opened[-1]

        async def ask():
            auditor = MarkerAuditor(open_database)
            one, other = await asyncio.gather(auditor.audit(), auditor.audit())
            self.assertIs(one, other)
            self.assertIsNot(await auditor.audit(), one)

        with host(users=2, owners=1) as db:
            asyncio.run(ask())
        self.assertEqual(len(opened), 2)


def calling(owner, name, then):
    """Calls `then` after each call of the method."""
    method = getattr(owner, name)

    def call(self):
        method(self)
        then()

    return patch.object(owner, name, call)


if __name__ == "__main__":
    unittest.main()
