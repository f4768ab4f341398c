"""Runs the extension in every host that it is tested in, and keeps docs/hosts.md:

python3 extension/tests/hosts.py [--write | --debug]

With --debug the hosts load target/debug/facilitator_markers.so, which panics where a number overflows or an assertion of
the library's doesn't hold; the table is left alone. A host that isn't installed is skipped; with CI set in the environment it
counts as a failure. `.ci/platforms` and `.ci/extension` install all. One that takes minutes to compile is run, and its row of the table checked,
only where a variable of its own asks for it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import snippets

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent.parent
TARGET = TESTS.parent / "target"
TABLE = ROOT / "docs" / "hosts.md"
PACKAGES = TESTS / "hosts" / "node_modules"
SERVER_PACKAGES = ROOT / "examples" / "node" / "node_modules"
SQLITE3_OF_NPM = TESTS / "hosts" / "sqlite3-of-npm" / "node_modules"
SYSTEM_PYTHON = "/usr/bin/python3"

HEAD = """# Hosts

What the extension was tested in: one scenario, `extension/tests/scenario.json`, in real hosts, and how long a connection of
theirs waits for another one that writes unless it is told otherwise. Written by `python3 extension/tests/hosts.py --write`,
which otherwise checks it; `sqlite3` of npm, which is compiled first, with `SQLITE3_OF_NPM=1`.

| host | SQLite | waits for a lock | result |
|---|---|---|---|
"""


@dataclass
class Host:
    name: str
    program: list
    needs: list = field(default_factory=list)
    install: str = "see .ci/extension"
    environment: dict = field(default_factory=dict)
    # The section of docs/loading.md, how to run its snippet, and the packages that it imports.
    snippet: tuple = ()
    # Its version is the machine's, not one that the project chose.
    of_machine: bool = False
    listed: bool = True
    # The variable that asks for it; its row stays as it is where that isn't set.
    asked_for_by: str = ""
    # The version that such a row has to be of.
    version: str = ""
    # It loads any build of the extension.
    any_build: bool = False
    # A debug build in it would say nothing that others don't.
    release_only: bool = False

    def asked_for(self):
        return not self.asked_for_by or bool(os.environ.get(self.asked_for_by))

    def missing(self):
        return [str(need) for need in self.needs if shutil.which(need) is None and not Path(need).exists()]


def dependency(packages, name):
    """The version that the project installs into such a folder."""
    return json.loads((packages.parent / "package.json").read_text())["dependencies"][name]


NODE, BUN, DENO = (PACKAGES / ".bin" / name for name in ["node", "bun", "deno"])
BUN_FOR_MUSL, FILE_FOR_MUSL = TARGET / "bun-musl" / "bun", TARGET / "dist" / "linux-x64-musl" / "facilitator_markers.so"
DENO_RUN = [DENO, "run", "--allow-read", "--allow-write", "--allow-ffi"]
# In a folder with the names of the machine and of the version.
PERL_SQLITE = next(Path("/usr/lib").glob("*/perl5/*/DBD/SQLite.pm"), "DBD::SQLite")
TCL_SQLITE = next(Path("/usr/lib/tcltk").glob("**/sqlite3*/pkgIndex.tcl"), "Tcl's sqlite3")
PHP_SQLITE = next(Path("/usr/lib/php").glob("*/sqlite3.so"), "PHP's SQLite3")
# It takes no relative path for this.
PHP_IN_FOLDER = ["sh", "-c", 'exec /usr/bin/php -d sqlite3.extension_dir="$PWD" "$0"']
# Debian's Go packages, which are built where they are, against the system's SQLite, and without a network.
GO_PACKAGES = Path("/usr/share/gocode")
GO_SQLITE = GO_PACKAGES / "src" / "github.com" / "mattn" / "go-sqlite3"
GO = {"GO111MODULE": "off", "GOPATH": str(GO_PACKAGES), "GOFLAGS": "-tags=libsqlite3", "GOCACHE": str(TARGET / "go")}
GO_PROGRAM = ["sh", "-c", '/usr/bin/go build -o backfill "$0" && exec ./backfill']
JAVA_SQLITE = "/usr/share/java/xerial-sqlite-jdbc.jar"
JAVA = ["/usr/bin/java", "-cp", JAVA_SQLITE]
APSW, APSW_TOO_OLD = {"PYTHONPATH": str(TARGET / "apsw")}, {"PYTHONPATH": str(TARGET / "apsw-too-old")}
HOSTS = [
    Host("sqlite3 shell", [sys.executable, "hosts/shell.py"], ["sqlite3"], "apt-get install sqlite3",
         snippet=("sqlite3 shell", ["sh"], ".sh", None), of_machine=True),
    Host("Python", [SYSTEM_PYTHON, "hosts/python_sqlite3.py"], [SYSTEM_PYTHON], "apt-get install python3",
         snippet=("Python", [SYSTEM_PYTHON], ".py", None), of_machine=True),
    Host("Ruby", ["/usr/bin/ruby", "hosts/ruby_sqlite3.rb"], ["/usr/bin/ruby", "/usr/lib/ruby/vendor_ruby/sqlite3.rb"],
         "apt-get install ruby ruby-sqlite3", snippet=("Ruby", ["/usr/bin/ruby"], ".rb", None),
         of_machine=True, release_only=True),
    Host("Perl", ["/usr/bin/perl", "hosts/dbd_sqlite.pl"], ["/usr/bin/perl", PERL_SQLITE],
         "apt-get install perl libdbd-sqlite3-perl", snippet=("Perl", ["/usr/bin/perl"], ".pl", None),
         of_machine=True, release_only=True),
    Host("PHP", ["/usr/bin/php", "-d", "sqlite3.extension_dir=/", "hosts/php_sqlite3.php"], ["/usr/bin/php", PHP_SQLITE],
         "apt-get install php-cli php-sqlite3", snippet=("PHP", PHP_IN_FOLDER, ".php", None),
         of_machine=True, release_only=True),
    Host("Tcl", ["/usr/bin/tclsh", "hosts/tcl_sqlite3.tcl"], ["/usr/bin/tclsh", TCL_SQLITE],
         "apt-get install tcl libsqlite3-tcl", snippet=("Tcl", ["/usr/bin/tclsh"], ".tcl", None),
         of_machine=True, release_only=True),
    Host("Go", ["/usr/bin/go", "run", "hosts/mattn_sqlite3.go"], ["/usr/bin/go", "cc", GO_SQLITE, "/usr/include/sqlite3.h"],
         "apt-get install golang-go golang-github-mattn-go-sqlite3-dev gcc libsqlite3-dev", environment=GO,
         snippet=("Go", GO_PROGRAM, ".go", None), of_machine=True, release_only=True),
    Host("Java", [*JAVA, "hosts/XerialSqlite.java"], ["/usr/bin/java", "/usr/bin/javac", JAVA_SQLITE],
         "apt-get install default-jdk-headless libxerial-sqlite-jdbc-java", snippet=("Java", JAVA, ".java", None),
         of_machine=True, release_only=True),
    Host("apsw", [sys.executable, "hosts/apsw_host.py"], [TARGET / "apsw"], environment=APSW,
         snippet=("apsw", [sys.executable], ".py", None)),
    Host("better-sqlite3", ["node", "hosts/better_sqlite3.mjs"], ["node", SERVER_PACKAGES / "better-sqlite3"],
         "npm ci --prefix examples/node", snippet=("better-sqlite3", ["node"], ".mjs", SERVER_PACKAGES)),
    Host("newest better-sqlite3", [NODE, "hosts/better_sqlite3_newest.mjs"], [NODE, PACKAGES / "better-sqlite3"],
         "npm ci --prefix extension/tests/hosts", snippet=("better-sqlite3", [NODE], ".mjs", PACKAGES)),
    Host("node:sqlite", [NODE, "hosts/node_sqlite.mjs"], [NODE], "npm ci --prefix extension/tests/hosts",
         snippet=("node:sqlite", [NODE], ".mjs", None)),
    Host("Bun", [BUN, "hosts/bun.mjs"], [BUN], "npm ci --prefix extension/tests/hosts",
         snippet=("Bun", [BUN], ".mjs", None)),
    Host("Bun for musl", [BUN_FOR_MUSL, "hosts/bun.mjs", "for musl"], [BUN_FOR_MUSL, FILE_FOR_MUSL], "see .ci/platforms",
         environment={"EXTENSION": str(FILE_FOR_MUSL)}, release_only=True),
    Host("Deno", [*DENO_RUN, "--allow-env", "--allow-sys", "hosts/deno.mjs"], [DENO],
         "npm ci --prefix extension/tests/hosts", snippet=("Deno", DENO_RUN, ".mjs", None)),
    Host("libsql", [NODE, "hosts/libsql.mjs"], [NODE, PACKAGES / "libsql"], "npm ci --prefix extension/tests/hosts",
         snippet=("libsql", [NODE], ".mjs", PACKAGES)),
    Host("sqlite3 of npm", ["node", "hosts/sqlite3_of_npm.mjs"], ["node", SQLITE3_OF_NPM / "sqlite3"],
         "npm ci --prefix extension/tests/hosts/sqlite3-of-npm", snippet=("sqlite3 of npm", ["node"], ".mjs", SQLITE3_OF_NPM),
         asked_for_by="SQLITE3_OF_NPM", version=dependency(SQLITE3_OF_NPM, "sqlite3")),
    Host("two copies of SQLite", [NODE, "hosts/two_copies.mjs"], [NODE, PACKAGES / "better-sqlite3"],
         "npm ci --prefix extension/tests/hosts"),
    Host("two copies of SQLite, reversed", [NODE, "hosts/two_copies.mjs", "reversed"],
         [NODE, PACKAGES / "better-sqlite3"], "npm ci --prefix extension/tests/hosts", listed=False),
    Host("older apsw", [sys.executable, "hosts/apsw_too_old.py"], [TARGET / "apsw-too-old"], environment=APSW_TOO_OLD),
    Host("the page of functions", [SYSTEM_PYTHON, "functions.py"], [SYSTEM_PYTHON], listed=False, any_build=True),
    Host("the tables", [SYSTEM_PYTHON, "tables.py"], [SYSTEM_PYTHON], listed=False, any_build=True),
    Host("the page of failures", [SYSTEM_PYTHON, "failures/failures.py"],
         [SYSTEM_PYTHON, "cc", "/usr/include/sqlite3ext.h", "node", SERVER_PACKAGES / "better-sqlite3",
          PACKAGES / "better-sqlite3", NODE, DENO, BUN, TARGET / "apsw"], listed=False),
    Host("messages", [SYSTEM_PYTHON, "messages.py"], [SYSTEM_PYTHON, "sqlite3", "cc", "/usr/include/sqlite3ext.h"],
         "apt-get install sqlite3 libsqlite3-dev gcc", listed=False),
    Host("the file itself", [sys.executable, "library.py"], ["nm", "readelf", "objdump", "sqlite3"],
         "apt-get install binutils sqlite3", listed=False),
    Host("builds for musl", [sys.executable, "musl.py"], ["cargo"], listed=False),
    Host("threads", [sys.executable, "threads.py"], ["cc", "/usr/include/sqlite3.h"],
         "apt-get install gcc libc6-dev libsqlite3-dev", listed=False, any_build=True),
    Host("altered hosts", [sys.executable, "altered/altered_hosts.py"],
         ["sqlite3", "cc", "nm", "/usr/include/sqlite3ext.h", TARGET / "debug" / "facilitator_markers.so"],
         "apt-get install sqlite3 libsqlite3-dev gcc, and packaging/extension --debug", listed=False),
]


def run(host, build):
    """What the host's program reported; raises where it failed."""
    environment = {**os.environ, **host.environment, "EXTENSION_BUILD": build, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        host.program, cwd=TESTS, env=environment, stdout=subprocess.PIPE, text=True, timeout=300, check=True,
    )
    if host.snippet and build == "release":
        snippets.run(host.snippet, environment)
    return json.loads(done.stdout.splitlines()[-1])


def attempt(host, build):
    """The same, or its failure."""
    try:
        return run(host, build)
    except Exception as error:
        return error


def row(report):
    return f"| {report['host']} | {report['sqlite']} | {report['wait']} | {report['result']} |\n"


def row_as_it_is(host):
    """The row that the table has of a host that nobody asked for."""
    beginning = f"| {host.name} {host.version} |"
    return next((line for line in TABLE.read_text().splitlines(keepends=True) if line.startswith(beginning)), None)


def keep_table(reports, write):
    """Writes the table, or says what is stale in it."""
    rows = {host.name: row(report) for host, report in reports if host.listed}
    for host in HOSTS:
        if not host.asked_for():
            rows[host.name] = row_as_it_is(host)
            if not rows[host.name]:
                return [f"{host.name} {host.version}, with {host.asked_for_by}=1"]
    if write:
        assert len(rows) == sum(host.listed for host in HOSTS), "the table is written where all hosts are installed"
        TABLE.write_text(HEAD + "".join(rows[host.name] for host in HOSTS if host.listed))
        return []
    found = TABLE.read_text()
    without_versions = lambda text: re.sub(r"\d+(\.\d+)+", "#", text)
    stale = [] if found.startswith(HEAD) else ["the text above the table"]
    for host, _ in reports:
        if not host.listed:
            continue
        form = without_versions if host.of_machine else str
        if form(rows[host.name]) not in form(found):
            stale.append(rows[host.name].strip())
    return stale


def main():
    build = "debug" if "--debug" in sys.argv else "release"
    if not (TARGET / build / "facilitator_markers.so").exists():
        option = " --debug" if build == "debug" else ""
        sys.exit(f"build the extension first: packaging/extension{option}")
    reports, failed, skipped, runnable = [], 0, 0, []
    for host in HOSTS:
        if build == "debug" and (host.release_only or not (host.listed or host.any_build)):
            continue
        if not host.asked_for():
            print(f"NOT CHECKED {host.name}: {host.asked_for_by}=1 runs it")
        elif missing := host.missing():
            skipped += 1
            print(f"skipped {host.name}: there is no {', '.join(missing)} ({host.install})")
        else:
            runnable.append(host)
    # A host waits most of the time, for disks or for its own processes.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for host, report in zip(runnable, pool.map(lambda host: attempt(host, build), runnable)):
            if isinstance(report, Exception):
                failed += 1
                print(f"FAILED {host.name}: {report}", flush=True)
            else:
                reports.append((host, report))
                print(f"ok {report['host']}, SQLite {report['sqlite']}: {report['result']}", flush=True)
    if skipped and os.environ.get("CI"):
        failed, skipped = failed + skipped, 0
        print("FAILED: in CI no host may be missing")
    if not failed and build == "release" and (stale := keep_table(reports, "--write" in sys.argv)):
        failed += 1
        print(f"FAILED docs/hosts.md is stale; run with --write. Missing:", *stale, sep="\n  ")
    print(f"{len(reports)} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


main()
