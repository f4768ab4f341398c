"""Keeps the section of docs/messages.txt that has what only the extension says: /usr/bin/python3 extension/tests/messages.py
[--write]. tests/messages keeps the others, and looks whether a text in the extension's sources is missing."""

import json
import sqlite3
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path += [str(TESTS / "hosts"), str(TESTS / "altered")]
import scenario
from altered_hosts import ENTRY_POINTS, Host, slots_of_the_header

PAGE = TESTS.parent.parent / "docs" / "messages.txt"
TITLE = "\n## What only the extension says\n\n"

# No call makes the extension panic: a unit test of its gate does.
OF_THE_GATE = [
    "facilitator_markers has a bug (a panic without a message): nothing of this call is kept; please report it",
]

# SQLite refuses a declaration only where memory is short.
OF_SQLITE = ["SQLite doesn't take the table's declaration: try again"]

# A connection of dqlite: sql/engines/dqlite has one.
OF_DQLITE = [
    "facilitator_markers can't be loaded: this connection is one of dqlite, where what its functions write isn't replicated, and the "
    "next write ends the leader; run the statements of the SQL edition through the engine's client",
]


def connect():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(str(scenario.EXTENSION))
    db.executescript(scenario.SCHEMA)
    for sql in scenario.SCENARIO["rows"]:
        db.execute(sql)
    return db


def said(db, sql):
    """What the statement fails with."""
    try:
        db.execute(sql).fetchall()
    except sqlite3.Error as error:
        return str(error)
    raise AssertionError(f"{sql} didn't fail")


def of_engines():
    """Loaded where another engine replicates the file."""
    told = []
    for file, beside in [("data", ["client_wal_index"]), ("db.sqlite", ["raft.db", "rsnapshots"])]:
        with tempfile.TemporaryDirectory() as folder:
            for name in beside:
                (Path(folder) / name).touch()
            db = sqlite3.connect(Path(folder) / file)
            db.enable_load_extension(True)
            try:
                db.load_extension(str(scenario.EXTENSION))
            except sqlite3.Error as error:
                told.append(str(error).removeprefix("error during initialization: "))
            else:
                raise AssertionError(f"loaded beside {beside}")
            db.close()
    return told


def of_arguments():
    texts = ["NULL", "1", "0.5", "x'00'", "CAST(x'ff' AS TEXT)"]
    counts = ["NULL", "0", "-1", "0.5", "'01'", "printf('%.60c', '1')", "x'00'"]
    calls = [f"ensure_facilitator_marker({value})" for value in texts]
    calls += [f"create_facilitator_marker('Fay0zZ1q', {value})" for value in texts[:1]]
    calls += [f"backfill_facilitator_markers_step({value})" for value in counts]
    calls += [f"repair_facilitator_markers_step({value})" for value in counts[:1]]
    return [said(connect(), f"SELECT {call}") for call in calls]


def of_repairs():
    """Outside a transaction, and with an answer that is too long."""
    db, calls = connect(), ["repair_facilitator_markers()", "repair_facilitator_markers_step(500)"]
    outside = [said(db, f"SELECT {call}") for call in calls]
    db.executescript("""INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
        VALUES ('m1', 'AdaK3v9Z', 'facilitator', 'a', 'verified', '2026-05-01 00:00:00'); BEGIN""")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 600)
    return [*outside, said(db, f"SELECT {calls[1]}")]


def within_a_statement_that_writes():
    db = connect()
    db.execute("CREATE TABLE notes(note TEXT)")
    return said(db, "INSERT INTO notes SELECT ensure_facilitator_marker('AdaK3v9Z')")


def within_a_statement_that_reads():
    """In the host's transaction, where the disk is full."""
    db = connect()
    db.executescript("""CREATE TRIGGER fill AFTER INSERT ON reward_addresses BEGIN
        UPDATE reward_addresses SET verified_at = hex(zeroblob(4000000)) WHERE id = new.id; END;
        PRAGMA max_page_count = 200; BEGIN""")
    return said(db, "SELECT ensure_facilitator_marker(id) FROM \"user\" WHERE id = 'AdaK3v9Z'")


def within_a_step(kind, event):
    """From a trigger on what the step does."""
    db, texts = connect(), []
    call, close = f"{kind}_facilitator_markers_step(1000)", f"{kind}_facilitator_markers_close()"
    db.execute("INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at) "
               "VALUES ('m1', 'AdaK3v9Z', 'facilitator', 'a', 'verified', '2026-05-01 00:00:00')")
    again = lambda: texts.extend(said(db, f"SELECT {function}") for function in [call, close])
    db.create_function("again", 0, again)
    db.execute(f"CREATE TRIGGER again AFTER {event} ON reward_addresses BEGIN SELECT again(); END")
    db.execute("BEGIN")
    db.execute(f"SELECT {call}").fetchall()
    return texts[:2]


def of_loading(folder):
    host, slots = Host(folder, ENTRY_POINTS[0]), slots_of_the_header()
    refused = [
        host.load(VERSION=3039004),
        host.load(NULL_SLOTS=slots.index("stmt_busy")),
        host.load(TWICE=1),
    ]
    twice = said(connect(), f"SELECT load_extension('{scenario.EXTENSION}')")
    return [text[text.index("facilitator_markers can't"):].strip() for text in [*refused, twice]]


def lines():
    with tempfile.TemporaryDirectory() as folder:
        within = [
            within_a_statement_that_writes(),
            within_a_statement_that_reads(),
            *within_a_step("backfill", "INSERT"),
            *within_a_step("repair", "UPDATE"),
        ]
        return [
            *of_arguments(),
            *of_repairs(),
            *within,
            *of_loading(folder),
            *of_engines(),
            *OF_DQLITE,
            *OF_THE_GATE,
            *OF_SQLITE,
        ]


others, committed = PAGE.read_text().split(TITLE)
found = "\n".join(lines()) + "\n"
if "--write" in sys.argv:
    PAGE.write_text(others + TITLE + found)
else:
    assert committed == found, f"docs/messages.txt is stale: run {sys.executable} {sys.argv[0]} --write. It is now:\n{found}"
print(json.dumps({"host": "messages", "sqlite": sqlite3.sqlite_version, "result": f"{found.count(chr(10))} as docs/messages.txt has them"}))
