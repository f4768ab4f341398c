"""The backfill of the SQL edition, over a database that fails: python packaging/python/tests/test_sql_backfill.py"""

import unittest
from unittest.mock import patch

from facilitator_markers import sql
from failing_client import FAILS, LOSES_ITS_ANSWER, WORKS, Lost, OverFailingClient, names
from host import SCHEMA


class Backfill(OverFailingClient):
    def test_every_owner_is_enrolled_with_one_clock_and_told_of_page_by_page(self):
        self.add_owners(*names(7))
        seen = []
        with patch("facilitator_markers.sql._backfill.reading", side_effect=["2026-11-27 12:00:00"]):
            report = sql.backfill(self.client, owners_per_page=3, on_progress=seen.append)
        self.assertEqual(seen, [(3, 7), (6, 7), (7, 7)])
        self.assertEqual((report["owners"], report["created"], report["already_enrolled"]), (7, 7, 0))
        rows = self.db.execute("SELECT DISTINCT verified_at, created_at FROM reward_addresses").fetchall()
        self.assertEqual(rows, [("2026-11-27 12:00:00", "2026-01-21 10:00:00")])

    def test_where_nobody_is_due_nothing_is_written(self):
        self.add_owners(*names(2))
        sql.backfill(self.client)
        self.client.calls.clear()
        report = sql.backfill(self.client)
        self.assertEqual((report["created"], report["already_enrolled"]), (0, 2))
        self.assertEqual([call[0] for call in self.client.calls], ["due", "report"])

    def test_a_page_whose_answer_was_lost_is_run_again_and_counted_once(self):
        self.add_owners(*names(4))
        self.client.faults["page"] = [LOSES_ITS_ANSWER]
        self.assertEqual(sql.backfill(self.client, owners_per_page=2)["created"], 4)
        self.assertEqual(self.client.count("page"), 3)

    def test_a_page_that_failed_before_it_ran_is_run_again(self):
        self.add_owners(*names(4))
        self.client.faults["page"] = [WORKS, FAILS]
        self.assertEqual(sql.backfill(self.client, owners_per_page=2)["created"], 4)
        self.assertEqual((self.client.count("page"), self.time.pauses), (3, []))

    def test_it_waits_longer_and_longer_for_a_database_that_does_not_answer(self):
        self.add_owners(*names(4))
        self.client.faults = {"page": [FAILS] * 7, "probe": [FAILS] * 7}
        self.assertEqual(sql.backfill(self.client)["created"], 4)
        self.assertEqual(self.time.pauses, [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])

    def test_after_an_outage_the_first_failure_may_be_a_lost_answer_again(self):
        self.add_owners(*names(4))
        self.client.faults = {"page": [FAILS] * 3, "probe": [WORKS, FAILS, WORKS]}
        self.assertEqual(sql.backfill(self.client)["created"], 4)
        self.assertEqual(len({call for call in self.client.calls if call[0] == "page"}), 1)

    def test_it_gives_up_when_its_patience_is_over_and_the_next_call_does_the_rest(self):
        self.add_owners(*names(4))
        self.client.faults = {"page": [WORKS] + [FAILS] * 99, "probe": [FAILS] * 99}
        with self.assertRaisesRegex(Lost, "page failed"):
            sql.backfill(self.client, owners_per_page=2, patience=10.0)
        self.assertTrue(10 <= self.time.now < 12, self.time.now)
        self.client.faults = {}
        report = sql.backfill(self.client)
        self.assertEqual((report["created"], report["already_enrolled"]), (2, 2))

    def test_an_outage_that_comes_back_again_and_again_has_an_end(self):
        self.add_owners(*names(4))
        self.client.faults = {"page": [FAILS] * 999, "probe": [FAILS, WORKS] * 999}
        with self.assertRaisesRegex(Lost, "page failed"):
            sql.backfill(self.client, patience=10.0)
        self.assertEqual(self.enrolled(), [])

    def test_the_lists_are_waited_for_too_and_a_list_that_is_refused_raises_the_drivers_error(self):
        self.add_owners(*names(2))
        self.client.faults = {"due": [FAILS, FAILS], "report": [FAILS], "probe": [FAILS, WORKS, WORKS]}
        self.assertEqual(sql.backfill(self.client)["created"], 2)
        self.client.faults = {"due": [FAILS, FAILS]}
        with self.assertRaisesRegex(Lost, "due failed"):
            sql.backfill(self.client)

    def test_pages_that_are_too_large_are_halved(self):
        self.add_owners(*names(10))
        self.client.owners_at_most = 3
        self.assertEqual(sql.backfill(self.client)["created"], 10)

    def test_owners_who_come_meanwhile_are_enrolled_wherever_they_are_in_the_order(self):
        self.add_owners("B", "D")
        came = [["A", "C"], ["E"]]
        report = sql.backfill(self.client, owners_per_page=1, on_progress=lambda _: came and self.add_owners(*came.pop()))
        self.assertEqual((report["owners"], self.enrolled()), (5, ["A", "B", "C", "D", "E"]))

    def test_an_owner_who_comes_at_the_end_is_neither_counted_nor_taken_for_refused(self):
        self.add_owners("A")
        text = sql.statements["report"]
        self.client.faults["report"] = [lambda: self.add_owners("B") or self.client.run(text, ())]
        report = sql.backfill(self.client)
        self.assertEqual((report["owners"], report["created"], report["refused"]), (1, 1, 0))

    def test_bounds_from_an_older_copy_enroll_whoever_is_an_owner_now(self):
        self.add_owners("B", "D", "F")
        older = self.client.run(sql.statements["due"], ())
        self.db.execute("DELETE FROM \"user\" WHERE id = 'D'")
        self.add_owners("A", "C", "E", "G")
        self.db.execute("UPDATE facilitators SET created_at = '2025-05-05' WHERE id = 'F'")
        self.db.commit()
        self.client.faults["due"] = [lambda: older]
        self.assertEqual(sql.backfill(self.client, owners_per_page=1)["owners"], 6)
        self.assertEqual(self.enrolled(), ["A", "B", "C", "E", "F", "G"])
        [[date]] = self.db.execute("SELECT created_at FROM reward_addresses WHERE user_id = 'F'")
        self.assertEqual(date, "2025-05-05 00:00:00")
        self.assertEqual(self.client.count("page"), 3)

    def test_a_list_that_is_behind_once_is_not_taken_for_a_refusal(self):
        self.add_owners("A")
        behind = self.client.run(sql.statements["due"], ())
        self.client.faults["due"] = [WORKS, lambda: behind]
        self.assertEqual(sql.backfill(self.client)["created"], 1)

    def test_what_on_progress_raises_ends_it_between_two_pages(self):
        self.add_owners(*names(4))

        def stop(progress):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            sql.backfill(self.client, owners_per_page=2, on_progress=stop)
        self.assertEqual(self.enrolled(), names(2))
        self.assertEqual(sql.backfill(self.client)["created"], 2)

    def test_a_page_without_owners_is_refused(self):
        with self.assertRaisesRegex(ValueError, "a page has at least one owner"):
            sql.backfill(self.client, owners_per_page=0)


class InAnOrderOfTheHosts(OverFailingClient):
    def schema(self):
        return SCHEMA.replace("id            TEXT PRIMARY KEY NOT NULL", "id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE")

    def test_no_user_is_outside_of_all_pages(self):
        self.add_owners("a", "B", "c", "D", "é", "_", "Z")
        self.assertEqual(sql.backfill(self.client, owners_per_page=2)["created"], 7)


if __name__ == "__main__":
    unittest.main()
