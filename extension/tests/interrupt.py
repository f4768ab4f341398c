"""An interrupt from another thread stops a backfill in one call, whatever it is doing, and what is committed stays."""

import json
import sqlite3
import tempfile
import threading
from pathlib import Path

TESTS = Path(__file__).resolve().parent
LIBRARY = TESTS.parent / "target" / "release" / "facilitator_markers"
SCHEMA = (TESTS.parent.parent / "tests" / "host" / "schema.sql").read_text()
OWNERS = 60_000


def connect(path):
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.enable_load_extension(True)
    connection.load_extension(str(LIBRARY))
    return connection


def markers(connection):
    return connection.execute("SELECT count(*) FROM reward_addresses").fetchone()[0]


def interrupt_at(path, connection, seen):
    other = sqlite3.connect(path)
    while markers(other) < seen:
        pass
    other.close()
    connection.interrupt()


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "host.db"
    connection = connect(path)
    connection.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
    connection.execute("BEGIN")
    for number in range(OWNERS):
        user = f"User{number}"
        connection.execute('INSERT INTO "user"(id, name, email) VALUES (?, ?, ?)', (user, user, user))
        connection.execute(
            "INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES (?, ?, ?, lower(?))", (user,) * 4
        )
    connection.execute("COMMIT")
    for seen in (1, 15_000, 30_000):
        interrupting = threading.Thread(target=interrupt_at, args=(path, connection, seen))
        interrupting.start()
        try:
            connection.execute("SELECT backfill_facilitator_markers()").fetchone()
            raise AssertionError("the interrupt was forgotten")
        except sqlite3.OperationalError as error:
            assert error.sqlite_errorname == "SQLITE_INTERRUPT", error
        interrupting.join()
        assert not connection.in_transaction
        assert seen <= markers(connection) < OWNERS, markers(connection)
    connection.execute("SELECT backfill_facilitator_markers()").fetchone()
    assert markers(connection) == OWNERS
    connection.close()
print(json.dumps({"host": "Python", "sqlite": sqlite3.sqlite_version, "result": "an interrupt stops one call"}))
