#!/usr/bin/env python3
"""What a page and a trigger cost on plain SQLite, with and without the index on lower("user".id), how much a page writes, and how
many markers a trigger dates wrongly in an import in random order: sql/engines/cost.py [USERS]
"""

import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLOCK = "2026-11-27 12:00:00"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
INDEX = 'CREATE INDEX user_lower_id ON "user"(lower(id))'
ADD_FACILITATOR = "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES (?1, 'Pay', ?1, ?2, ?3)"
CHANCE = random.Random(18)


def statement(name):
    return (HERE.parent / f"{name}.sql").read_text()


def host(users, path=":memory:"):
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript((ROOT / "tests/host/schema.sql").read_text())
    db.execute("BEGIN")
    db.executemany('INSERT INTO "user" (id, name, email) VALUES (?1, \'Somebody\', ?1)', [(user,) for user in users])
    db.execute("COMMIT")
    return db


def add(db, rows):
    """Milliseconds for each."""
    began = time.perf_counter()
    for row in rows:
        db.execute(ADD_FACILITATOR, row)
    return (time.perf_counter() - began) * 1000 / len(rows)


def pages(users, folder):
    for index in [None, INDEX]:
        path = Path(folder) / f"host-{index is not None}.db"
        db = host(users, path)
        db.execute("PRAGMA synchronous = OFF")
        if index:
            db.execute(index)
        db.execute("BEGIN")
        add(db, [(f"f{number}", user.lower(), "2026-01-21 10:00:00") for number, user in enumerate(users)])
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
        began = time.perf_counter()
        due = [id for id, _ in db.execute(statement("due"))]
        listed = time.perf_counter() - began
        log = Path(f"{path}-wal")
        bounds = due[::1000]
        times, sizes = [], []
        for first, after_the_last in zip(bounds[:10], bounds[1:]):
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            began = time.perf_counter()
            db.execute(statement("page"), (CLOCK, first, after_the_last))
            times.append((time.perf_counter() - began) * 1000)
            sizes.append(log.stat().st_size // 1024)
        print(f"a page of 1,000 owners among {len(users):,} users, {'with' if index else 'without'} the index: "
              f"{sorted(times)[len(times) // 2]:.0f} ms and {sorted(sizes)[len(sizes) // 2]} KiB of WAL, the medians of {len(times)}; "
              f"due {listed:.1f} s")
        db.close()


def triggers(users):
    rows = [(f"f{number}", user.lower(), "2026-01-21 10:00:00") for number, user in enumerate(users[:4000])]
    bare, without, with_index = host(users), host(users), host(users)
    with_index.execute(INDEX)
    for db in [without, with_index]:
        db.execute(statement("triggers"))
    costs = add(bare, rows), add(with_index, rows), add(without, rows[:40])
    print(f"an insert of a facilitator among {len(users):,} users: bare {costs[0]:.4f} ms, "
          f"with the trigger and the index {costs[1]:.4f} ms, with the trigger and without the index {costs[2]:.1f} ms")


def import_in_random_order():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript((ROOT / "tests/host/schema.sql").read_text() + (HERE / "workload.sql").read_text())
    rows = db.execute("SELECT id, owner_address, created_at FROM facilitators ORDER BY id").fetchall()
    db.execute("DELETE FROM facilitators")
    db.execute("DELETE FROM reward_addresses")
    db.execute(INDEX)
    db.execute(statement("triggers"))
    CHANCE.shuffle(rows)
    add(db, rows)
    wrong = [name for name, *_ in db.execute(statement("audit"))]
    markers, = db.execute("SELECT count(*) FROM reward_addresses").fetchone()
    print(f"an import of the workload's {len(rows):,} facilitators in random order: "
          f"of {markers:,} markers, {wrong.count('dated_late')} are dated late")


def main():
    print(f"SQLite {sqlite3.sqlite_version}")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    users = ["".join(CHANCE.choices(LETTERS, k=32)) for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        pages(users, folder)
    triggers(users)
    import_in_random_order()


main()
