"""The installed wheel, over sqlite3 and, where it is installed, over apsw: python packaging/python/tests/test_wheel.py"""

import json
import os
import shutil
import sqlite3
import sys
import unittest
from contextlib import closing
from unittest.mock import patch

import facilitator_markers as markers
from drivers import OverApsw, OverSqlite3, apsw

WRONG = """INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
    SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2026-05-01', '2026-05-01 00:00:00' FROM "user" """


class Promises:
    """What is promised over either driver."""

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

    def test_where_the_extension_is_not_loaded_the_drivers_error_says_what_to_do(self):
        with self.assertRaisesRegex(Exception, "no such function") as raised:
            markers.ensure_facilitator_marker(self.open(), "Owner0")
        if sys.version_info >= (3, 11):
            self.assertIn("call facilitator_markers.load(connection)", raised.exception.__notes__[0])
        with self.assertRaises(Exception) as refused:
            markers.create_facilitator_marker(self.db, "Owner0", "soon")
        self.assertFalse(getattr(refused.exception, "__notes__", []))

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


class WithSqlite3(Promises, OverSqlite3, unittest.TestCase):
    def test_the_hosts_own_rows_change_nothing(self):
        self.add_owners(2)
        self.db.row_factory = lambda cursor, row: {column[0]: value for column, value in zip(cursor.description, row)}
        self.assertEqual(markers.ensure_facilitator_marker(self.db, "owner0"), "created")
        self.assertEqual([owner["user_id"] for owner in markers.due_owners(self.db)], ["Owner1"])
        self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 1)
        self.assertEqual(markers.repair_facilitator_markers(self.db)["markers"], 2)

    def test_a_host_whose_texts_are_bytes_gets_texts(self):
        self.add_owners(2)
        self.db.text_factory = bytes
        self.assertEqual(markers.ensure_facilitator_marker(self.db, "owner0"), "created")
        self.assertEqual([owner["user_id"] for owner in markers.due_owners(self.db)], ["Owner1"])
        self.assertEqual(markers.backfill_facilitator_markers(self.db)["created"], 1)

    def test_an_extension_of_ones_own_is_named_in_a_variable(self):
        copy = shutil.copy(markers.loadable_path(), self.folder / "copy.so")
        with patch.dict(os.environ, FACILITATOR_MARKERS_EXTENSION=os.path.relpath(copy)):
            self.assertEqual(os.path.realpath(markers.loadable_path()), os.path.realpath(copy))
            with closing(sqlite3.connect(":memory:", factory=markers.LoadedConnection)) as loaded:
                self.assertRegex(markers.facilitator_markers_version(loaded), r"^\d")
        with patch.dict(os.environ, FACILITATOR_MARKERS_EXTENSION=str(self.folder / "copy")):
            markers.load(self.db)
        with patch.dict(os.environ, FACILITATOR_MARKERS_EXTENSION="/nowhere/x.so"):
            with self.assertRaisesRegex(RuntimeError, "no /nowhere/x.so, which FACILITATOR_MARKERS_EXTENSION names"):
                markers.load(self.db)

    def test_a_loaded_connection_has_it_and_loads_nothing_else(self):
        self.add_owners(1)
        with closing(sqlite3.connect(self.folder / "host.db", factory=markers.LoadedConnection)) as loaded:
            self.assertEqual(markers.backfill_facilitator_markers(loaded)["created"], 1)
            with self.assertRaisesRegex(sqlite3.OperationalError, "not authorized"):
                loaded.load_extension(markers.loadable_path())


@unittest.skipUnless(apsw, "apsw isn't installed")
class WithApsw(Promises, OverApsw, unittest.TestCase):
    pass


del Promises

if __name__ == "__main__":
    unittest.main()
