"""Runs the scenario in host.c: its path, and what runs it where this machine can't, are this program's arguments.

    EXTENSION=FILE python3 host.py NAME PROGRAM…
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hosts"))
import scenario


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Connection:
    """One of the program's connections."""

    free = {0, 1, 2, 3}

    def __init__(self, program, path, extension):
        self.program = program
        self.slot = Connection.free.pop()
        self.told(f"open {self.slot} {path}\n")
        self.told(f"load {self.slot} {extension}\n")

    def told(self, request):
        self.program.stdin.write(request.encode())
        self.program.stdin.flush()
        return list(self.rows())

    def rows(self):
        while True:
            word, *numbers = self.line().split()
            if word == "row":
                yield tuple(self.value() for _ in range(int(numbers[0])))
            elif word == "failed":
                raise Failure(int(numbers[0]), self.text(int(numbers[1])))
            else:
                return

    def value(self):
        word, *numbers = self.line().split()
        return None if word == "null" else self.text(int(numbers[0]))

    def line(self):
        line = self.program.stdout.readline().decode()
        if not line:
            raise SystemExit(f"the host ended with {self.program.wait()}")
        return line

    def text(self, size):
        return self.program.stdout.read(size + 1)[:-1].decode()

    def run(self, sql):
        content = sql.encode()
        return self.told(f"run {self.slot} {len(content)}\n{sql}")

    script = run

    def close(self):
        self.told(f"close {self.slot}\n")
        Connection.free.add(self.slot)


def main():
    name, *command = sys.argv[1:]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        def connect(path, extension=scenario.EXTENSION):
            return Connection(program, path, extension)

        scenario.run(connect, lambda error, step: {"code": error.code, "message": str(error)})
        asked = connect(":memory:")
        [(version,)] = asked.run("SELECT sqlite_version()")
        asked.close()
        wait = scenario.default_wait(connect)
        program.stdin.close()
    scenario.report(name, version, wait)


main()
