"""The installed wheel, over sqlite3 and, where it is installed, over apsw: python packaging/python/tests/test_wheel.py"""

import itertools
import json
import sqlite3
import sys
import tempfile
import unittest
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import facilitator_markers as markers
from host import SCHEMA

WRONG = """INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
    SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2026-05-01', '2026-05-01 00:00:00' FROM "user" """


class Promises:
    """What is promised over either driver."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.db = self.open()
        self.db.execute("PRAGMA journal_mode = WAL").close()
        for statement in SCHEMA.split(";\n"):
            self.db.execute(statement)
        markers.load(self.db)

    def open(self):
        connection = self.connect(self.folder / "host.db")
        self.addCleanup(connection.close)
        return connection

    def add_owners(self, count):
        self.db.execute("BEGIN")
        for number in range(count):
            owner = f"Owner{number}"
            self.db.execute('INSERT INTO "user"(id, name, email) VALUES (?1, ?1, ?1)', [owner])
            self.db.execute(
                "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)"
                " VALUES (?1, 'F', ?1, lower(?1), '2026-01-21 10:00:00')",
                [owner],
            )
        self.db.execute("COMMIT")

    @contextmanager
    def pauses(self, meanwhile, each_step_takes=0):
        """The lengths of all pauses, in which `meanwhile` is called instead of waiting."""
        lengths = []
        with patch("facilitator_markers._steps.time") as time:
            time.monotonic.side_effect = itertools.count(0, each_step_takes).__next__
            time.sleep.side_effect = lambda length: (lengths.append(length), meanwhile())
            yield lengths

    def rows(self):
        return list(map(tuple, self.db.execute("SELECT * FROM reward_addresses ORDER BY id")))

    def test_ensure_create_preview_and_version_answer(self):
        self.add_owners(2)
        self.assertEqual(markers.ensure_facilitator_marker(self.db, "owner0"), "created")
        self.assertEqual(markers.ensure_facilitator_marker(self.db, "Owner0"), "already_enrolled")
        self.assertEqual(markers.create_facilitator_marker(self.db, "Owner1", "2026-02-03T10:00:00+02:00"), "created")
        preview = markers.preview_facilitator_markers(self.db)
        self.assertEqual((preview["owners"], preview["already_enrolled"], preview["warnings"]), (2, 2, []))
        self.assertRegex(markers.facilitator_markers_version(self.db), r"^\d+\.\d+\.\d+$")

    def test_a_backfill_answers_its_counts_and_the_next_one_finds_nothing_to_do(self):
        self.add_owners(50)
        seen = []
        report = markers.backfill_facilitator_markers(self.db, owners_per_step=7, on_progress=seen.append)
        self.assertEqual((report["owners"], report["created"]), (50, 50))
        self.assertNotIn("remaining", report)
        self.assertEqual((seen[-1]["remaining"], seen[-1]["created"]), (0, 50))
        self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 0)

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

    def test_the_lists_tell_who_is_due_who_is_left_out_and_what_is_wrong(self):
        self.add_owners(3)
        self.db.execute("INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES"
                        " ('lost', 'F', 'lost', 'nobody', 'x'), ('bad', 'F', 'bad', 'owner1', 'soon')")
        due = sorted(owner["user_id"] for owner in markers.due_owners(self.db))
        self.assertEqual(due, ["Owner0", "Owner2"])
        skipped = {owner["reason"]: owner for owner in markers.skipped_owners(self.db)}
        self.assertEqual(set(skipped), {"unknown_user", "unreadable_date"})
        self.assertEqual(skipped["unreadable_date"]["facilitators"], [{"id": "bad", "created_at": "soon"}])
        self.db.execute(WRONG)
        self.db.execute("INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status,"
                        " created_at) VALUES ('t', 'Owner0', 'settle', 'base', 'a', 'b', '90000000000000000001', 'USDC', 'success',"
                        " '2026-02-01 00:00:00')")
        found = {finding["marker_id"]: finding for finding in markers.audit_facilitator_markers(self.db, cost=True)}
        self.assertEqual(set(found), {"Owner0", "Owner2"})
        late = found["Owner0"]
        self.assertEqual((late["name"], late["counted"], late["total"]), ("dated_late", 0, 90000000000000000001))
        self.assertNotIn("counted", next(iter(markers.audit_facilitator_markers(self.db))))

    def test_a_repair_logs_each_change_and_the_log_undoes_it(self):
        self.add_owners(30)
        self.db.execute(WRONG)
        before, log, told = self.rows(), self.folder / "undo.jsonl", []
        report = markers.repair_facilitator_markers(self.db, undo_log=log, on_change=told.append, markers_per_step=7)
        self.assertEqual(report, {"markers": 30, "repaired": 30, "refused": 0, "message": None})
        changes = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertEqual(changes, told)
        self.assertEqual(markers.repair_facilitator_markers(self.db)["repaired"], 0)
        for change in changes:
            self.db.execute(change["undo"])
        self.assertEqual(self.rows(), before)

    def test_what_can_not_be_kept_is_not_changed(self):
        self.add_owners(10)
        self.db.execute(WRONG)
        before = self.rows()

        def full(change):
            raise OSError("full")

        for options in ({"on_change": full}, {"undo_log": self.folder}):
            with self.assertRaises(OSError):
                markers.repair_facilitator_markers(self.db, **options)
            self.assertEqual(self.rows(), before)
        self.assertEqual(markers.repair_facilitator_markers(self.db)["repaired"], 10)


class WithoutLoadableExtensions(unittest.TestCase):
    SENTENCE = "this Python's sqlite3 was built without loadable extensions: use another build"

    def test_a_connection_that_can_not_load_says_what_to_do(self):
        class Unable(sqlite3.Connection):
            def __getattribute__(self, name):
                if name == "enable_load_extension":
                    raise AttributeError(name)
                return super().__getattribute__(name)

        with closing(sqlite3.connect(":memory:", factory=Unable)) as connection:
            with self.assertRaisesRegex(RuntimeError, self.SENTENCE):
                markers.load(connection)

    @unittest.skipIf(hasattr(sqlite3.Connection, "enable_load_extension"), "this Python's sqlite3 can load extensions")
    def test_such_a_python_says_what_to_do(self):
        with self.assertRaisesRegex(RuntimeError, self.SENTENCE):
            sqlite3.connect(":memory:", factory=markers.LoadedConnection)


class WithSqlite3(Promises, unittest.TestCase):
    @staticmethod
    def connect(path):
        return sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)

    def test_the_hosts_own_rows_change_nothing(self):
        self.add_owners(2)
        self.db.row_factory = lambda cursor, row: {column[0]: value for column, value in zip(cursor.description, row)}
        self.assertEqual(markers.ensure_facilitator_marker(self.db, "owner0"), "created")
        self.assertEqual([owner["user_id"] for owner in markers.due_owners(self.db)], ["Owner1"])
        self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 1)
        self.assertEqual(markers.repair_facilitator_markers(self.db)["markers"], 2)

    def test_a_loaded_connection_has_it_and_loads_nothing_else(self):
        self.add_owners(1)
        with closing(sqlite3.connect(self.folder / "host.db", factory=markers.LoadedConnection)) as loaded:
            self.assertEqual(markers.backfill_facilitator_markers(loaded)["created"], 1)
            with self.assertRaisesRegex(sqlite3.OperationalError, "not authorized"):
                loaded.load_extension(markers.loadable_path())

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


try:
    import apsw
except ImportError:
    pass
else:

    class WithApsw(Promises, unittest.TestCase):
        @staticmethod
        def connect(path):
            return apsw.Connection(str(path))


del Promises

if __name__ == "__main__":
    unittest.main()
