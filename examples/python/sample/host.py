"""A host's database for tests."""

import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path

SCHEMA = (Path(__file__).resolve().parents[3] / "tests" / "host" / "schema.sql").read_text()
CREATED_AT = "2026-01-21 10:00:00"


class Host(sqlite3.Connection):
    """The platform's own connection. Any thread may use it."""

    path: str

    def value(self, sql, *parameters):
        """The only value that it answers."""
        return self.execute(sql, parameters).fetchone()[0]

    def markers(self):
        return self.value("SELECT count(*) FROM reward_addresses")


def user_id(number):
    """The id of the user with this number: 32 characters, as an auth library makes them."""
    return f"User{number:026}zZ"


@contextmanager
def host(users, owners):
    """A database of so many users, the first of whom are owners without markers. Each owner has a facilitator that settled 1000 on
    the day on which it was created.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/host.db"
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Host)
        db.path = path
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
        db.execute("BEGIN")
        people = [(user_id(number), str(number)) for number in range(users)]
        db.executemany("INSERT INTO \"user\" (id, name, email) VALUES (?, 'U', ?)", people)
        facilitators = [(f"f{number}", f"s{number}", user_id(number).lower(), CREATED_AT) for number in range(owners)]
        db.executemany(
            "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES (?, 'F', ?, ?, ?)", facilitators
        )
        for number in range(owners):
            settle(db, f"f{number}", 1000, CREATED_AT)
        db.execute("COMMIT")
        try:
            yield db
        finally:
            db.close()


def settle(db, facilitator, amount, created_at="2100-01-01 00:00:00"):
    """A payment of a customer to a shop, of which the facilitator's owner gets a share."""
    db.execute(
        "INSERT INTO transactions (id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)"
        " VALUES (hex(randomblob(16)), ?, 'settle', 'base', 'customer', 'shop', ?, 'USDC', 'success', ?)",
        (facilitator, str(amount), created_at),
    )
