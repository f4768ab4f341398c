"""One user of the SQL edition, and its lists: python packaging/python/tests/test_sql_ensure.py"""

import unittest

from facilitator_markers import sql
from failing_client import FAILS, LOSES_ITS_ANSWER, Lost, OverFailingClient


class Ensure(OverFailingClient):
    def test_it_answers_what_became_of_the_marker(self):
        self.add_owners("A", "B")
        self.add_owners("unread", created_at="soon")
        with self.db:
            self.db.execute("INSERT INTO \"user\"(id, name, email) VALUES ('none', '', 1), ('Two', '', 2), ('tWo', '', 3)")
        outcomes = [sql.ensure(self.client, id) for id in ("A", "A", "b", "nobody", "none", "two", "unread")]
        self.assertEqual(outcomes, [
            "created", "already_enrolled", "created", "unknown_user", "not_an_owner", "ambiguous_user", "unreadable_date",
        ])
        self.assertEqual(self.enrolled(), ["A", "B"])

    def test_where_another_row_is_in_the_markers_place_it_raises(self):
        self.add_owners("A")
        self.db.execute("INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES ('x', 'A', 'evm', 'FACILITATOR_OWNER:A')")
        with self.assertRaisesRegex(sql.MarkersRefused, "the marker of 'A': another row has the marker's id or address") as raised:
            sql.ensure(self.client, "A")
        self.assertEqual([owner.user_id for owner in raised.exception.refused], ["A"])

    def test_a_marker_that_vanishes_is_no_created_one(self):
        self.add_owners("A")
        self.db.execute("CREATE TRIGGER t AFTER INSERT ON reward_addresses BEGIN DELETE FROM reward_addresses WHERE id = new.id; END")
        with self.assertRaisesRegex(sql.MarkersRefused, "a trigger, a conflict clause or a further unique constraint"):
            sql.ensure(self.client, "A")

    def test_what_changed_in_between_is_tried_again(self):
        self.add_owners("A")
        nothing = sql.Result([], 0)
        self.client.faults["ensure"] = [lambda *_: nothing] * 3
        self.assertEqual(sql.ensure(self.client, "A"), "created")

    def test_a_lost_connection_is_waited_for_and_a_lost_answer_asked_again(self):
        self.add_owners("A", "B")
        self.client.faults = {"ensure": [FAILS, FAILS], "probe": [FAILS, FAILS], "outcome": [FAILS]}
        self.assertEqual(sql.ensure(self.client, "A"), "created")
        self.assertEqual(self.time.pauses, [0.1, 0.2])
        self.client.faults["ensure"] = [LOSES_ITS_ANSWER]
        self.assertEqual(sql.ensure(self.client, "B"), "already_enrolled")

    def test_a_refused_marker_raises_the_drivers_error_and_so_does_the_end_of_patience(self):
        self.add_owners("A")
        self.client.faults = {"ensure": [FAILS] * 99, "probe": [FAILS] * 99}
        with self.assertRaises(Lost):
            sql.ensure(self.client, "A", patience=1.0)
        self.client.faults = {}
        self.refuse("true")
        with self.assertRaisesRegex(Exception, "^no markers$"):
            sql.ensure(self.client, "A")


class Lists(OverFailingClient):
    def test_they_tell_who_is_due_who_is_left_out_what_is_counted_and_what_is_wrong(self):
        self.add_owners("A", "C")
        self.add_owners("B", created_at="soon")
        with self.db:
            self.db.execute(
                "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)"
                " VALUES ('x', 'C', 'facilitator', 'y', 'pending', '2026-01-21 10:00:00')"
            )
        self.assertEqual(sql.due(self.client), [{"user_id": "A", "enrollment_date": "2026-01-21 10:00:00"}])
        self.assertEqual(sql.skipped(self.client), [{
            "reason": "unreadable_date", "owner_address": None, "user_id": "B", "is_enrolled": False, "facilitator_id": "B",
            "created_at": "soon",
        }])
        self.assertEqual(sql.report(self.client), {
            "owners": 3, "created": 1, "already_enrolled": 1, "unreadable_date": 1, "refused": 0, "unknown_users": 0,
            "ambiguous_users": 0, "unreadable_dates": 1,
        })
        [finding] = sql.audit(self.client)
        self.assertEqual((finding["name"], finding["marker_id"], finding["mend"]), ("not_verified", "x", "repair"))
        self.db.execute(finding["statement"], ["2026-11-27 12:00:00"])
        self.assertEqual(sql.audit(self.client), [])


if __name__ == "__main__":
    unittest.main()
