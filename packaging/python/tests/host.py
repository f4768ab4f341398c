"""A host's folder: its database, with owners who have no marker."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

SCHEMA = (Path(__file__).resolve().parents[3] / "tests" / "host" / "schema.sql").read_text()
OWNERS = 3


def folder_with_database(test):
    """The folder's path; it ends with the test. NewOwner is a user without a facilitator."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    with closing(sqlite3.connect(Path(folder.name) / "host.db")) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
        owners = [f"Owner{number}" for number in range(OWNERS)]
        db.executemany('INSERT INTO "user"(id, name, email) VALUES (?1, ?1, ?1)', [[id] for id in [*owners, "NewOwner"]])
        db.executemany(
            "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)"
            " VALUES (?1, 'F', ?1, lower(?1), '2026-01-21 10:00:00')",
            [[id] for id in owners],
        )
    return Path(folder.name)
