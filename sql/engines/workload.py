"""What an engine is tried with, as statements, and the rows that the library leaves of it.

/usr/bin/python3 sql/engines/workload.py [STATEMENT...] prints these as JSON, with further statements of a test's own. They come
from the extension, in the system's Python, with the wheel in PYTHONPATH.
"""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import cache
from itertools import zip_longest
from pathlib import Path

ENGINES = Path(__file__).resolve().parent
FILES = (ENGINES.parents[1] / "tests" / "host" / "schema.sql", ENGINES / "workload.sql")
CLOCK = "2026-11-27 12:00:00"
OWNERS_PER_PAGE = 1000
ROWS = "SELECT id, user_id, chain_type, address, verification_status, verified_at, created_at FROM reward_addresses ORDER BY id"
INDEX = 'CREATE INDEX user_lower_id ON "user"(lower(id))'


def statements():
    """Those of the schema and of the workload, one by one."""
    found = []
    for file in FILES:
        text = ""
        for line in file.read_text().splitlines(keepends=True):
            text += line
            if sqlite3.complete_statement(text):
                found.append(text.strip())
                text = ""
        assert not text.strip(), text
    return found


def size():
    """In a few words."""
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in statements():
            db.execute(statement)
        tables = ('"user"', "facilitators", "reward_addresses")
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    return "{:,} users, {:,} facilitators, {:,} reward_addresses".format(*counts)


@cache
def expected_rows(*further):
    """What the library leaves of these, as if it had read `CLOCK`."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["/usr/bin/python3", __file__, *further], env=environment, stdout=subprocess.PIPE, text=True, timeout=300, check=True,
    )
    return list(map(tuple, json.loads(done.stdout)))


def differences(rows, expected):
    """The first of them, each with what should be there. Test frameworks take long for what they show of thousands of rows."""
    return [pair for pair in zip_longest(rows, expected) if pair[0] != pair[1]][:3]


def main():
    import facilitator_markers

    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=facilitator_markers.LoadedConnection)) as db:
        for statement in [*statements(), *sys.argv[1:]]:
            db.execute(statement)
        try:
            facilitator_markers.backfill_facilitator_markers(db)
        except sqlite3.Error as refusal:
            # Wallets are in the place of some markers.
            assert "refused" in str(refusal), refusal
        db.execute("UPDATE reward_addresses SET verified_at = ? WHERE verified_at IS NOT NULL", [CLOCK])
        json.dump(db.execute(ROWS).fetchall(), sys.stdout)


if __name__ == "__main__":
    main()
