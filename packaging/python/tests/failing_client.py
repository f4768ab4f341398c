"""A client of the SQL edition over a SQLite connection, which fails where a test says so."""

import sqlite3
import unittest
from contextlib import closing
from unittest.mock import patch

from facilitator_markers import sql
from host import SCHEMA

NAMES = {text: name for name, text in sql.statements.items()}
NAMES["SELECT 1"] = NAMES["INSERT INTO main.reward_addresses (id) SELECT '' WHERE 0"] = "probe"
NAMES[sql.statements["last_page"]] = "page"

WORKS, FAILS, LOSES_ITS_ANSWER = "works", "fails", "loses its answer"


class Lost(Exception):
    """What the driver raises."""


class FailingClient:
    """`faults` has what becomes of the next statements of a name, in order; all that follow work. It may be a function of the
    statement's arguments, which raises or answers in the database's place.
    """

    def __init__(self, db):
        self.db, self.faults, self.calls, self.owners_at_most = db, {}, [], None

    def execute(self, text, args):
        name = NAMES[text]
        self.calls.append((name, *args))
        queue = self.faults.get(name, [])
        fault = queue.pop(0) if queue else WORKS
        if callable(fault):
            return fault(*args)
        if fault == FAILS:
            raise Lost(f"{name} failed")
        result = self.run(text, args)
        if fault == LOSES_ITS_ANSWER:
            raise Lost(f"{name} lost its answer")
        return result

    def run(self, text, args):
        with self.db:
            cursor = self.db.execute(text, args)
            rows = cursor.fetchall()
            if self.owners_at_most is not None and cursor.rowcount > self.owners_at_most:
                raise Lost("the page is too large")
        return sql.Result(rows, max(cursor.rowcount, 0))

    def count(self, name):
        return sum(call[0] == name for call in self.calls)


class Time:
    """Passes while somebody waits, at once."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def monotonic(self):
        return self.now


class OverFailingClient(unittest.TestCase):
    """`db` has the host's tables, `client` is one over it, and waiting takes no time."""

    def setUp(self):
        self.time = Time()
        for name in ("sleep", "monotonic"):
            patcher = patch(f"facilitator_markers.sql._patience.{name}", getattr(self.time, name))
            patcher.start()
            self.addCleanup(patcher.stop)
        self.db = self.enterContextOf(closing(sqlite3.connect(":memory:")))
        self.db.executescript(self.schema())
        self.client = FailingClient(self.db)

    def enterContextOf(self, manager):
        entered = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return entered

    def schema(self):
        return SCHEMA

    def add_owners(self, *ids, created_at="2026-01-21 10:00:00"):
        with self.db:
            for id in ids:
                self.db.execute('INSERT INTO "user"(id, name, email) VALUES (?1, ?1, ?1)', [id])
                self.db.execute(
                    "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES (?1, 'F', ?1, lower(?1), ?2)",
                    [id, created_at],
                )

    def refuse(self, condition):
        """The database refuses markers for which this holds."""
        self.db.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON reward_addresses WHEN {condition} BEGIN SELECT RAISE(ABORT, 'no markers'); END"
        )

    def enrolled(self):
        return [id for [id] in self.db.execute("SELECT user_id FROM reward_addresses ORDER BY user_id")]


def names(count):
    return [f"Owner{number:04}" for number in range(count)]
