"""Runs the snippets of docs/loading.md as they stand there, each beside a writer, and where it has to fail."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "hosts"))
import scenario

ROOT = scenario.TESTS.parent.parent
MORE_OWNERS = 40_000

# Runs the snippet in an event loop that has other things to do.
TICKING = """const ticking = setInterval(() => {
  console.log('tick');
  for (const until = performance.now() + 2; performance.now() < until; );
}, 5);
try {
  await import('./snippet.mjs');
} finally {
  clearInterval(ticking);
}
"""
TIMES_LOCKED = 5
# How often an event loop ticks, or a process goes to sleep, until it is seen to wait for a lock.
SIGNS_OF_WAITING = 10
# Less than a driver's own wait for a lock, in which an event loop stands still.
STANDSTILL_SECONDS = 4


def snippets():
    """The one code block of each section, by the section's title."""
    page = (ROOT / "docs" / "loading.md").read_text()
    sections = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    blocks = {title: re.search(r"^```\w+\n(.*?)^```$", body, re.MULTILINE | re.DOTALL) for title, body in sections}
    return {title: block[1] for title, block in blocks.items() if block}


def database(path, journal_mode):
    """A database with the scenario's rows, and with more owners than fit into a few steps."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    db.execute(f"PRAGMA journal_mode = {journal_mode}")
    db.executescript(scenario.SCHEMA)
    for sql in scenario.SCENARIO["rows"]:
        db.execute(sql)
    more = f"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {MORE_OWNERS})"
    db.execute(f"INSERT INTO \"user\"(id, name, email) {more} SELECT 'More' || i, 'M', i FROM n")
    db.execute(f"""INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
        {more} SELECT 'm' || i, 'M', 'm' || i, 'more' || i, '2026-06-01' FROM n""")
    return db


def markers(db):
    return db.execute("SELECT count(*) FROM reward_addresses").fetchone()[0]


def locks(db, markers_before):
    """Takes the write lock, and with a rollback journal the readers' too, if the snippet has got on meanwhile."""
    try:
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    if markers(db) == markers_before:
        db.execute("ROLLBACK")
    return db.in_transaction


class Snippet:
    """A running snippet, in a folder that has what it names: the database, the extension and the packages."""

    def __init__(self, host, environment, folder):
        title, command, ending, packages = host
        self.title = title
        self.database = os.path.realpath(folder / "host.db")
        shutil.copyfile(f"{scenario.EXTENSION}.so", folder / "facilitator_markers.so")
        if packages:
            (folder / "node_modules").symlink_to(packages)
        (folder / f"snippet{ending}").write_text(snippets()[title])
        self.has_event_loop = ending == ".mjs"
        if self.has_event_loop:
            (folder / "ticking.mjs").write_text(TICKING)
        program = [*command, "ticking.mjs" if self.has_event_loop else f"snippet{ending}"]
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            program, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )
        self.ticks = 0
        self.reader = threading.Thread(target=self.count_ticks)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.errors.close()

    def count_ticks(self):
        for _ in self.process.stdout:
            self.ticks += 1

    def runs(self):
        return self.process.poll() is None

    def opened_by(self):
        """The process that has the database open, as this one has: a shell's child may be it. Some wait for a lock then, before
        they load anything."""
        for file in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if int(file.parts[2]) != os.getpid() and os.readlink(file) == self.database:
                    return file.parent.parent
            except OSError:
                continue
        return None

    def signs(self, process):
        """What goes on growing while the snippet waits as it should: its event loop's ticks, or how often it slept."""
        if self.has_event_loop:
            return self.ticks
        # Whichever thread it is that waits.
        threads = [status.read_text() for status in process.glob("task/*/status")]
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.MULTILINE)[1]) for text in threads)

    def until(self, holds):
        """Waits until it holds, or until the snippet has ended."""
        while self.runs() and not holds():
            time.sleep(0.001)
        return self.runs()

    def until_waiting(self):
        """Waits until the snippet, which somebody keeps from writing, is seen to wait. False if it has ended."""
        try:
            if not self.until(self.opened_by):
                return False
            process = self.opened_by()
            enough, latest = self.signs(process) + SIGNS_OF_WAITING, time.monotonic() + STANDSTILL_SECONDS
            waiting = self.until(lambda: self.signs(process) >= enough or time.monotonic() > latest)
            assert time.monotonic() < latest, f"the snippet for {self.title} stands still beside a writer"
            return waiting
        except (OSError, AttributeError):
            # It ended meanwhile.
            return False

    def end(self):
        """Its exit status, and what it wrote to stderr."""
        status = self.process.wait(timeout=60)
        self.errors.seek(0)
        return status, self.errors.read()


def beside_a_writer(host, environment, journal_mode):
    """Another connection writes when the snippet starts, and again whenever the snippet has got on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = database(folder / "host.db", journal_mode)
        db.execute("BEGIN EXCLUSIVE")
        waited = 0
        with Snippet(host, environment, folder) as snippet:
            while snippet.until_waiting():
                waited += 1
                done = markers(db)
                db.execute("UPDATE facilitators SET name = name || '!' WHERE id = 'm1'")
                db.execute("COMMIT")
                if waited == TIMES_LOCKED or not snippet.until(lambda: locks(db, done)):
                    break
            if db.in_transaction:
                db.execute("ROLLBACK")
            status, errors = snippet.end()
        where = f"the snippet for {snippet.title}, beside a writer with journal mode {journal_mode},"
        assert status == 0, f"{where} ended with {status}: {errors}"
        assert waited > 1, f"{where} waited {waited} times"
        assert markers(db) == MORE_OWNERS + 2, f"{where} enrolled {markers(db)} owners"
        db.close()


def without_a_table(host, environment):
    """Waiting doesn't help: the snippet fails, and says why."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = database(folder / "host.db", "WAL")
        db.execute("DROP TABLE reward_addresses")
        db.close()
        with Snippet(host, environment, folder) as snippet:
            status, errors = snippet.end()
        assert status != 0 and "lacks table reward_addresses" in errors, f"{snippet.title}: {status}: {errors}"


def run(host, environment=None):
    """`host`: the section's title, how to run its snippet, the file's ending, and the folder of its packages."""
    for journal_mode in ["WAL", "DELETE"]:
        beside_a_writer(host, environment, journal_mode)
    without_a_table(host, environment)
