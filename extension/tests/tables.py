"""What docs/functions.md promises of the tables and of a repair's answer beyond the scenario, in Python's sqlite3."""

import json
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "hosts"))
import scenario

OWNERS = 300
# Each of the tables has a row for each of the owners.
ROWS = {
    "facilitator_markers_due": "SELECT user_id FROM facilitator_markers_due",
    "facilitator_markers_skipped": "SELECT owner_address FROM facilitator_markers_skipped",
    "facilitator_markers_audit": "SELECT marker_id FROM facilitator_markers_audit",
}


def connect(path):
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.enable_load_extension(True)
    connection.load_extension(str(scenario.EXTENSION))
    return connection


def host(path, journal="WAL"):
    db = connect(path)
    db.executescript(f"PRAGMA journal_mode = {journal}; PRAGMA foreign_keys = OFF;" + scenario.SCHEMA)
    db.execute("BEGIN")
    for number in range(OWNERS):
        name, lost = f"Due{number}", f"lost{number}"
        db.execute('INSERT INTO "user"(id, name, email) VALUES (?1, ?1, ?1)', [name])
        for owner, facilitator in [(name.lower(), f"f{number}"), (lost, f"g{number}")]:
            db.execute("INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
                       "VALUES (?1, ?1, ?1, ?2, '2026-01-01 00:00:00')", [facilitator, owner])
        db.execute("INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at) "
                   "VALUES (?1, ?2, 'facilitator', 'a', 'verified', '2026-01-01 00:00:00')", [f"m{number}", f"No{number}"])
    db.execute("COMMIT")
    return db


def failure(call):
    try:
        call()
    except sqlite3.Error as error:
        return error.sqlite_errorname
    return None


def counting(db, call):
    """How many times SQLite asks the host while the call runs."""
    asked = 0

    def ask():
        nonlocal asked
        asked += 1

    db.set_progress_handler(ask, 50)
    call()
    db.set_progress_handler(None, 0)
    return asked


def an_interrupt_stops_a_select_whenever_it_comes(folder):
    db = host(folder / "host.db")
    for sql in ROWS.values():
        calls = counting(db, lambda: db.execute(sql).fetchall())
        assert calls > 20, (sql, calls)
        for stopped in range(0, calls, max(1, calls // 40)):
            left = [stopped]

            def interrupt():
                left[0] -= 1
                return left[0] < 0

            db.set_progress_handler(interrupt, 50)
            assert failure(lambda: db.execute(sql).fetchall()) == "SQLITE_INTERRUPT", (sql, stopped)
            db.set_progress_handler(None, 0)
        assert len(db.execute(sql).fetchall()) == OWNERS, sql


def a_limit_ends_the_reading(folder):
    db = host(folder / "host.db")
    for sql in ROWS.values():
        all_rows = counting(db, lambda: db.execute(sql).fetchall())
        one = counting(db, lambda: db.execute(f"{sql} LIMIT 1").fetchall())
        assert one < all_rows, (sql, one, all_rows)


def the_rows_come_from_one_state_whatever_others_write(folder):
    db, other = host(folder / "host.db"), connect(folder / "host.db")
    for sql in ROWS.values():
        before = sorted(db.execute(sql))
        reading = db.execute(sql)
        rows = [reading.fetchone()]
        other.executescript("DELETE FROM reward_addresses; DELETE FROM facilitators; "
                            'DELETE FROM "user"; INSERT INTO "user"(id, name, email) VALUES (\'Late\', \'L\', \'l\')')
        rows += reading.fetchall()
        assert sorted(rows) == before, sql
        assert db.execute(sql).fetchall() == [], sql
        other.close()
        db.close()
        (folder / "host.db").unlink()
        db, other = host(folder / "host.db"), connect(folder / "host.db")


def the_host_may_write_between_two_rows(folder):
    db = host(folder / "host.db")
    seen = []
    for user_id, in db.execute(ROWS["facilitator_markers_due"]):
        seen.append(user_id)
        assert db.execute("SELECT ensure_facilitator_marker(?)", [user_id]).fetchall() == [("created",)]
    assert len(set(seen)) == len(seen) == OWNERS
    for marker_id, statement in db.execute("SELECT marker_id, statement FROM facilitator_markers_audit"):
        assert db.execute(statement).rowcount == 1, marker_id
    assert db.execute("SELECT count(*) FROM facilitator_markers_audit").fetchone() == (0,)


def with_a_rollback_journal_others_write_once_the_statement_has_ended(folder):
    db, other = host(folder / "host.db", "DELETE"), sqlite3.connect(folder / "host.db", isolation_level=None, timeout=0)
    reading = db.execute(ROWS["facilitator_markers_due"])
    reading.fetchone()
    write = lambda: other.execute("UPDATE facilitators SET name = 'F'")
    assert failure(write) == "SQLITE_BUSY"
    reading.close()
    assert failure(write) is None


def a_statement_that_is_given_up_leaves_nothing_behind(folder):
    db = host(folder / "host.db")
    for sql in ROWS.values():
        reading, beside = db.execute(sql), db.execute(sql)
        assert reading.fetchone() and beside.fetchone()
        del reading
        assert len(beside.fetchall()) == OWNERS - 1
    assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    db.execute("VACUUM")


def an_answer_that_can_not_be_given_leaves_the_markers_as_they_were(folder):
    db = host(folder / "host.db")
    db.execute("INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at) "
               "SELECT 'late' || id, id, 'facilitator', 'b', 'verified', '2026-05-01 00:00:00' FROM \"user\"")
    markers = lambda: db.execute("SELECT * FROM reward_addresses ORDER BY id").fetchall()
    before, limit = markers(), db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 20_000)
    db.execute("BEGIN IMMEDIATE")
    for call in ["repair_facilitator_markers()", "repair_facilitator_markers_step(1000)"]:
        assert failure(lambda: db.execute(f"SELECT {call}").fetchall()) == "SQLITE_TOOBIG", call
        assert markers() == before, call
    answers = []
    while not answers or not answers[-1]["is_done"]:
        answers.append(json.loads(db.execute("SELECT repair_facilitator_markers_step(10)").fetchone()[0]))
        assert len(answers[-1]["changes"]) <= 10
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limit)
    changes = [change for answer in answers for change in answer["changes"]]
    assert len({change["marker_id"] for change in changes}) == len(changes) == OWNERS == answers[-1]["repaired"]
    for change in changes:
        assert db.execute(change["undo"]).rowcount == 1, change
    assert markers() == before
    db.execute("COMMIT")


TESTS = [
    an_interrupt_stops_a_select_whenever_it_comes,
    a_limit_ends_the_reading,
    the_rows_come_from_one_state_whatever_others_write,
    the_host_may_write_between_two_rows,
    with_a_rollback_journal_others_write_once_the_statement_has_ended,
    a_statement_that_is_given_up_leaves_nothing_behind,
    an_answer_that_can_not_be_given_leaves_the_markers_as_they_were,
]
for test in TESTS:
    with tempfile.TemporaryDirectory() as folder:
        test(Path(folder))
print(json.dumps({"host": "the tables", "sqlite": sqlite3.sqlite_version, "result": f"{len(TESTS)} promises kept"}))
