"""Python's own sqlite3 module: the scenario, and 1,000 rounds of open, load and close."""

import platform
import resource
import sqlite3

import scenario


class Connection:
    def __init__(self, path, extension=scenario.EXTENSION):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.enable_load_extension(True)
        self.db.load_extension(str(extension))
        self.db.enable_load_extension(False)

    def run(self, sql):
        return self.db.execute(sql).fetchall()

    def script(self, sql):
        self.db.executescript(sql)

    def close(self):
        self.db.close()


def failure_of(error, step):
    assert isinstance(error, sqlite3.Error), repr(error)
    wanted = scenario.SCENARIO["codes"][step["fails"]]["python"] if "fails" in step else type(error).__name__
    assert type(error).__name__ == wanted, f"{step['sql']}: raised {error!r}, not {wanted}"
    return {"name": error.sqlite_errorname, "code": error.sqlite_errorcode, "message": str(error)}


def open_load_and_close(rounds):
    for _ in range(rounds):
        connection = Connection(":memory:")
        assert connection.run("SELECT facilitator_markers_version()") == [(scenario.version(),)]
        connection.script(scenario.SCHEMA)
        for sql in scenario.SCENARIO["rows"]:
            connection.run(sql)
        # A round that is never finished goes with its connection.
        assert connection.run("SELECT backfill_facilitator_markers_step(1)") != [(0,)]
        connection.close()


def resident_kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


def nothing_leaks():
    open_load_and_close(100)
    before = resident_kib()
    open_load_and_close(1_000)
    grown = resident_kib() - before
    assert grown < 512, f"1,000 rounds of open, load and close took {grown} KiB"


def loading_twice():
    connection = Connection(":memory:")
    connection.db.enable_load_extension(True)
    connection.db.load_extension(str(scenario.EXTENSION))
    try:
        connection.run(f"SELECT load_extension('{scenario.EXTENSION}')")
    except sqlite3.OperationalError as error:
        assert "load it once for each connection" in str(error), error
    else:
        raise AssertionError("loading it from within a statement that keeps the functions in use went through")
    assert connection.run("SELECT facilitator_markers_version()") == [(scenario.version(),)]


def a_step_within_a_step():
    """A function of the host's, called by a trigger on the marker, comes back."""
    connection = Connection(":memory:")
    connection.script(scenario.SCHEMA)
    for sql in scenario.SCENARIO["rows"]:
        connection.run(sql)
    said = []

    def come_back():
        try:
            connection.run("SELECT backfill_facilitator_markers_step(1)")
        except sqlite3.InterfaceError as error:
            said.append(str(error))

    connection.db.create_function("come_back", 0, come_back)
    connection.run("CREATE TRIGGER back AFTER INSERT ON reward_addresses BEGIN SELECT come_back(); END")
    assert connection.run("SELECT backfill_facilitator_markers_step(1000)") == [(0,)]
    assert len(said) == 2 and all("a step is being taken on this connection" in text for text in said), said
    assert connection.run("SELECT count(*) FROM reward_addresses") == [(2,)]


scenario.run(Connection, failure_of)
# Where that file is another platform's, this process is an emulator too, whose memory it is.
if scenario.FILE == scenario.BUILT:
    nothing_leaks()
loading_twice()
a_step_within_a_step()
scenario.report(f"Python {platform.python_version()} sqlite3", sqlite3.sqlite_version, scenario.default_wait(Connection))
