"""How a backfill and a repair get along with others, over sqlite3 and, where it is installed, over apsw:

python packaging/python/tests/test_steps.py
"""

import itertools
import sqlite3
import sys
import unittest
from contextlib import closing, contextmanager
from unittest.mock import patch

import facilitator_markers as markers
from drivers import OverApsw, OverSqlite3, apsw


class Promises:
    """What is promised over either driver."""

    @contextmanager
    def pauses(self, meanwhile, each_step_takes=0):
        """The lengths of all pauses, in which `meanwhile` is called instead of waiting."""
        lengths = []
        with patch("facilitator_markers._steps.time") as time:
            time.monotonic.side_effect = itertools.count(0, each_step_takes).__next__
            time.sleep.side_effect = lambda length: (lengths.append(length), meanwhile())
            yield lengths

    def test_an_exception_ends_a_backfill_between_two_steps_and_the_next_one_does_the_rest(self):
        self.add_owners(40)

        def stop(progress):
            if progress["created"] >= 10:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            markers.backfill_facilitator_markers(self.db, owners_per_step=5, on_progress=stop)
        done = len(self.rows())
        self.assertTrue(10 <= done < 40, done)
        self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 40 - done)

    def test_a_backfill_waits_while_another_connection_writes(self):
        self.add_owners(5)
        other = self.open()
        other.execute("BEGIN IMMEDIATE")
        with self.assertRaises(Exception) as busy:
            markers.ensure_facilitator_marker(self.db, "Owner0")
        self.assertTrue(markers.is_retryable(busy.exception))
        with self.pauses(lambda: other.execute("COMMIT")) as pauses:
            self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 5)
        self.assertEqual(len(pauses), 1)

    def test_an_exception_ends_what_waits_for_another_connection(self):
        self.add_owners(5)
        self.open().execute("BEGIN IMMEDIATE")

        def stop():
            raise KeyboardInterrupt

        for call in (markers.backfill_facilitator_markers, markers.repair_facilitator_markers):
            with self.assertRaises(KeyboardInterrupt):
                call(self.db, on_busy=stop)

    def test_others_can_write_after_each_step_that_kept_them_from_it_for_longer_than_it_took(self):
        self.add_owners(50)
        other, created, took = self.open(), [], 2**-6

        def write():
            other.execute("INSERT INTO \"user\"(id, name, email) VALUES (hex(randomblob(8)), 'Other', hex(randomblob(8)))")

        def backfill():
            created[:] = []
            on_progress = lambda progress: created.append(progress["created"])
            markers.backfill_facilitator_markers(self.db, owners_per_step=5, on_progress=on_progress)

        with self.pauses(write, each_step_takes=took) as pauses:
            backfill()
        wrote = [after > before for before, after in zip([0, *created], created[:-1])]
        self.assertGreater(sum(wrote), 5)
        self.assertEqual(pauses, [3 * took] * sum(wrote))

        with self.pauses(write) as pauses:
            backfill()
        self.assertEqual((len(created) > 5, pauses), (True, []))

        self.db.execute("UPDATE reward_addresses SET verification_status = 'pending'")
        with self.pauses(write, each_step_takes=60) as pauses:
            markers.repair_facilitator_markers(self.db, markers_per_step=5)
        self.assertGreater(len(pauses), 5)
        self.assertTrue(all(0.1 < pause < 1 for pause in pauses), pauses)

    def test_in_a_transaction_steps_are_refused(self):
        self.db.execute("BEGIN")
        for call in (markers.backfill_facilitator_markers, markers.repair_facilitator_markers):
            with self.assertRaisesRegex(RuntimeError, "is in a transaction"):
                call(self.db)
        self.db.execute("COMMIT")


class WithSqlite3(Promises, OverSqlite3, unittest.TestCase):
    @unittest.skipIf(sys.version_info < (3, 12), "sqlite3 has autocommit from Python 3.12 on")
    def test_a_host_without_autocommit_enrolls_in_its_transactions_and_is_told_what_a_backfill_needs(self):
        self.add_owners(2)
        with closing(sqlite3.connect(self.folder / "host.db", factory=markers.LoadedConnection, autocommit=False)) as host:
            self.assertEqual(markers.ensure_facilitator_marker(host, "owner0"), "created")
            host.rollback()
            self.assertEqual(self.rows(), [])
            self.assertEqual(markers.ensure_facilitator_marker(host, "owner0"), "created")
            host.commit()
            self.assertEqual(len(self.rows()), 1)
            with self.assertRaisesRegex(RuntimeError, "autocommit=False it always is: set autocommit to True"):
                markers.backfill_facilitator_markers(host)
            host.autocommit = True
            self.assertEqual(markers.backfill_facilitator_markers(host)["created"], 1)
            self.assertEqual(markers.repair_facilitator_markers(host)["markers"], 2)


@unittest.skipUnless(apsw, "apsw isn't installed")
class WithApsw(Promises, OverApsw, unittest.TestCase):
    pass


del Promises

if __name__ == "__main__":
    unittest.main()
