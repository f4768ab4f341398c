"""What the server answers, asked within this process: python3 -m unittest discover examples/python"""

import sqlite3
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from unittest.mock import patch

from facilitator_markers import LoadedConnection, audit_facilitator_markers
from fastapi.testclient import TestClient

from routes import application
from sample.host import CREATED_AT, host, settle, user_id

CREATING = ("/admin/facilitators", "/webhooks/subscription")
OWNERS = 3


class Server(unittest.TestCase):
    def setUp(self):
        self.host = self.enterContext(host(users=10, owners=OWNERS))
        self.client = self.enterContext(TestClient(application(self.host.path), raise_server_exceptions=False))
        while self.get("/health")["backfill"]["state"] == "running":
            pass

    def get(self, path, status=200):
        answer = self.client.get(path)
        self.assertEqual(answer.status_code, status, path)
        return answer.json()

    def create(self, path, owner, subdomain):
        """The status, and the answer."""
        answer = self.client.post(path, json={"owner": owner, "name": "New", "subdomain": subdomain})
        return answer.status_code, answer.json()

    def test_shows_the_volume_of_a_new_owner_at_once(self):
        for path, owner, user in zip(CREATING, (user_id(4), user_id(5).lower()), (user_id(4), user_id(5))):
            status, created = self.create(path, owner, f"first-{owner}")
            self.assertEqual((status, created["enrollment"]), (201, "created"))
            settle(self.host, created["id"], 90000000000000000001)
            self.assertEqual(self.get(f"/rewards/{user}"), {"user": user, "volume": "90000000000000000001"})
            status, second = self.create(path, owner, f"second-{owner}")
            self.assertEqual((status, second["enrollment"]), (201, "already_enrolled"))
            self.assertNotEqual(second["id"], created["id"])

    def test_creates_nothing_for_an_owner_who_is_no_user(self):
        for path in CREATING:
            self.assertEqual(self.create(path, "nobody", "new"), (404, {"error": "no user has the id nobody"}))
        self.assertEqual(self.host.value("SELECT count(*) FROM facilitators"), OWNERS)

    def test_creates_a_facilitator_whose_volume_does_not_count_yet_and_logs_it(self):
        twin = user_id(7).swapcase()
        self.host.execute("INSERT INTO \"user\" (id, name, email) VALUES (?, 'T', 'twin')", [twin])
        with self.assertLogs("routes") as logs:
            status, created = self.create(CREATING[1], twin.lower(), "of-twins")
        self.assertEqual((status, created["enrollment"]), (201, "ambiguous_user"))
        self.assertEqual(self.host.value("SELECT count(*) FROM facilitators WHERE id = ?", created["id"]), 1)
        self.assertIn(f"facilitator {created['id']} of {twin.lower()}: ambiguous_user, its volume", logs.output[0])

    def test_refuses_what_it_can_not_read(self):
        half_a_pair = r'{"owner": "\ud800", "name": "N", "subdomain": "s"}'
        for body in ('{"owner": 7, "name": "N", "subdomain": "s"}', '{"owner": "nobody"}', "[]", "{", "", half_a_pair):
            for path in CREATING:
                answer = self.client.post(path, content=body, headers={"content-type": "application/json"})
                self.assertEqual(answer.status_code, 400, body)
                self.assertEqual(answer.json(), {"error": "owner, name and subdomain have to be text"})

    def test_says_which_routes_there_are_not(self):
        for path in ("/", "/health/", "/openapi.json", CREATING[0]):
            self.assertEqual(self.get(path, 404), {"error": f"there is no GET {path}"})

    def test_asks_to_try_again_after_a_failure_and_creates_nothing(self):
        taken = "s0"
        self.assertEqual(self.create(CREATING[0], user_id(4), taken), (500, {"error": "try again"}))
        self.assertEqual(self.host.markers(), OWNERS)

    def test_an_id_may_hold_what_paths_need(self):
        self.assertEqual(self.get("/rewards/a%2Fb%3Fc"), {"user": "a/b?c", "volume": "0"})

    def test_creates_a_facilitator_when_another_process_has_done_its_writing_and_answers_meanwhile(self):
        self.host.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor() as threads:
            creating = threads.submit(self.create, CREATING[0], user_id(4), "new")
            for _ in range(20):
                self.get("/health")
                self.get(f"/rewards/{user_id(0)}")
            self.assertFalse(creating.done())
            self.host.execute("COMMIT")
            status, created = creating.result()
        self.assertEqual((status, created["enrollment"]), (201, "created"))

    def test_says_which_markers_are_wrong_and_what_they_cost(self):
        self.assertEqual(self.get("/admin/markers"), {"findings": [], "are_all": True})
        self.host.execute("UPDATE reward_addresses SET created_at = '2027-01-01 00:00:00' WHERE user_id = ?", [user_id(1)])
        self.assertEqual(self.get(f"/rewards/{user_id(1)}")["volume"], "0")
        answer = self.get("/admin/markers")
        [finding] = answer["findings"]
        message = finding.pop("message")
        self.assertIn(f"a repair sets created_at to {CREATED_AT}", message)
        marker = f"FACILITATOR_OWNER:{user_id(1)}"
        told = {"name": "dated_late", "marker_id": marker, "user_id": user_id(1), "mend": "repair", "counted": "0", "total": "1000"}
        self.assertEqual((finding, answer["are_all"]), (told, True))

    def test_tells_a_thousand_wrong_markers_at_most_and_none_that_needs_nothing_done(self):
        insert = """INSERT INTO reward_addresses (id, user_id, chain_type, address, verification_status, created_at)
            VALUES ('FACILITATOR_OWNER:' || ?1, ?1, 'facilitator', 'FACILITATOR_OWNER:' || ?1, ?2, '2026-01-21 10:00:00')"""
        self.host.execute(insert, [user_id(9), "verified"])
        with closing(sqlite3.connect(self.host.path, factory=LoadedConnection)) as db:
            self.assertEqual([finding["name"] for finding in audit_facilitator_markers(db)], ["not_an_owner"])
        self.assertEqual(self.get("/admin/markers"), {"findings": [], "are_all": True})
        self.host.execute("BEGIN")
        for number in range(1_001):
            self.host.execute(insert, [f"lost{number}", "verified"])
        self.host.execute("COMMIT")
        answer = self.get("/admin/markers")
        self.assertEqual((len(answer["findings"]), answer["are_all"]), (1_000, False))
        self.host.execute("DELETE FROM reward_addresses WHERE user_id = 'lost0'")
        answer = self.get("/admin/markers")
        self.assertEqual((len(answer["findings"]), answer["are_all"]), (1_000, True))

    def test_answers_while_it_looks_for_wrong_markers(self):
        def ask_meanwhile(*arguments, **options):
            self.get("/health")
            return audit_facilitator_markers(*arguments, **options)

        with patch("markers.audit_facilitator_markers", ask_meanwhile):
            self.get("/admin/markers")


if __name__ == "__main__":
    unittest.main()
