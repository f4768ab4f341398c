"""Markers that the database doesn't take, in the SQL edition: python packaging/python/tests/test_sql_refused.py"""

import sqlite3
import unittest
from unittest.mock import patch

from facilitator_markers import sql
from failing_client import FAILS, OverFailingClient, names
from host import SCHEMA

SUM = ("created", "already_enrolled", "unreadable_date", "refused")


class Refused(OverFailingClient):
    def backfill(self, **options):
        """What it raises."""
        with self.assertRaises(sql.MarkersRefused) as raised:
            sql.backfill(self.client, **options)
        if (report := raised.exception.report) is not None:
            self.assertEqual(report["owners"], sum(report[name] for name in SUM))
        return raised.exception

    def test_a_refused_marker_keeps_nobody_else_from_a_marker(self):
        self.add_owners(*names(100))
        self.refuse("new.user_id = 'Owner0042'")
        seen = []
        error = self.backfill(owners_per_page=64, on_progress=seen.append)
        self.assertEqual(self.enrolled(), [id for id in names(100) if id != "Owner0042"])
        [owner] = error.refused
        self.assertEqual((owner.user_id, type(owner.reason), str(owner.reason)), ("Owner0042", sqlite3.IntegrityError, "no markers"))
        self.assertEqual((error.report["created"], error.report["refused"], seen[-1]), (99, 1, (100, 100)))
        self.assertRegex(str(error), "the markers of 1 owner; .* The first is 'Owner0042': no markers. See what")
        # Twice each of 64, 32, 16, 8, 4, 2 and 1 owners with that one, once the other halves, and once the other page.
        self.assertEqual(self.client.count("page"), 2 * 7 + 6 + 1)

    def test_a_marker_that_vanishes_is_a_refused_one(self):
        for removal in (
            "BEFORE INSERT ON reward_addresses WHEN new.user_id = 'B' BEGIN SELECT RAISE(IGNORE); END",
            "AFTER INSERT ON reward_addresses WHEN new.user_id = 'B' BEGIN DELETE FROM reward_addresses WHERE id = new.id; END",
        ):
            with self.subTest(removal):
                self.setUp()
                self.add_owners("A", "B", "C")
                self.db.execute(f"CREATE TRIGGER remove {removal}")
                error = self.backfill(owners_per_page=2)
                self.assertEqual((self.enrolled(), error.report["created"], error.report["refused"]), (["A", "C"], 2, 1))
                self.assertEqual([owner.user_id for owner in error.refused], ["B"])
                self.assertRegex(error.refused[0].reason, "a trigger, a conflict clause or a further unique constraint of the database's keeps it out")

    def test_an_owner_in_whose_markers_place_another_row_is_is_named_like_the_others(self):
        self.add_owners("A", "B", "C")
        self.refuse("new.user_id = 'C'")
        self.db.execute("INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES ('x', 'B', 'evm', 'FACILITATOR_OWNER:B')")
        error = self.backfill()
        self.assertEqual([owner.user_id for owner in error.refused], ["C", "B"])
        self.assertEqual(error.refused[1].reason, "another row has the marker's id or address")
        self.assertEqual((error.report["created"], error.report["refused"]), (1, 2))

    def test_who_comes_later_is_not_taken_for_the_refused_one_on_the_same_page(self):
        self.add_owners("AA")
        self.refuse("new.user_id = 'AA'")
        came = [["A", "C", "D"]]
        error = self.backfill(on_progress=lambda _: came and self.add_owners(*came.pop()))
        self.assertEqual(([owner.user_id for owner in error.refused], self.enrolled()), (["AA"], ["A", "C", "D"]))

    def test_a_thousand_refused_in_a_row_end_it(self):
        self.add_owners(*names(1001))
        self.refuse("true")
        error = self.backfill()
        self.assertEqual((len(error.refused), error.report), (1000, None))
        self.assertRegex(str(error), "^The database refused 1000 markers in a row .* 'Owner0000': no markers. Then it is the schema")
        self.assertIs(error.__cause__, error.refused[-1].reason)

    def test_as_many_do_not_end_it_while_others_are_enrolled(self):
        self.add_owners(*names(110))
        self.refuse("new.user_id <> 'Owner0060'")
        with patch("facilitator_markers.sql._backfill._REFUSED_IN_A_ROW", 100):
            error = self.backfill()
        self.assertEqual((len(error.refused), error.report["created"], self.enrolled()), (109, 1, ["Owner0060"]))

    def test_whom_somebody_else_has_enrolled_in_the_end_is_not_refused(self):
        self.add_owners("A", "B", "C")
        self.client.faults["page"] = [FAILS] * 4
        self.refuse("new.user_id = 'C'")

        def enroll_first(progress):
            if progress.visited == 1:
                self.client.run(sql.statements["ensure"], ["A", "2026-11-27 12:00:00"])

        error = self.backfill(on_progress=enroll_first)
        self.assertEqual([owner.user_id for owner in error.refused], ["C"])
        self.assertEqual((error.report["created"], error.report["refused"], self.enrolled()), (2, 1, ["A", "B"]))


class InAnOrderOfTheHosts(OverFailingClient):
    def schema(self):
        return SCHEMA.replace("id            TEXT PRIMARY KEY NOT NULL", "id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE")

    def test_the_refused_one_is_the_one_that_is_named(self):
        self.add_owners("B", "C", "a", "d")
        self.refuse("new.user_id = 'B'")
        for owners_per_page in (1, 2, 500):
            with self.assertRaises(sql.MarkersRefused) as raised:
                sql.backfill(self.client, owners_per_page=owners_per_page)
            self.assertEqual([owner.user_id for owner in raised.exception.refused], ["B"])
            self.assertEqual(sorted(self.enrolled()), ["C", "a", "d"])
            self.db.execute("DELETE FROM reward_addresses")
            self.db.commit()


if __name__ == "__main__":
    unittest.main()
