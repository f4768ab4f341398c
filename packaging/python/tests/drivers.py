"""A database, over sqlite3 and, where it is installed, over apsw."""

import sqlite3
import tempfile
from pathlib import Path

import facilitator_markers as markers
from host import SCHEMA

try:
    import apsw
except ImportError:
    apsw = None


class OverDriver:
    """`db` has the host's tables and the extension. It, its folder and all connections end with the test."""

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

    def rows(self):
        return list(map(tuple, self.db.execute("SELECT * FROM reward_addresses ORDER BY id")))


class OverSqlite3(OverDriver):
    """Its connections wait for no other one."""

    @staticmethod
    def connect(path):
        return sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)


class OverApsw(OverDriver):
    """Its connections wait for no other one."""

    @staticmethod
    def connect(path):
        return apsw.Connection(str(path))
