"""The server as its own process, started as README.md says, and asked from outside."""

import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx2

FOLDER = Path(__file__).resolve().parents[1]
README = (FOLDER / "README.md").read_text()
# In the place of the README's values: a free port.
ANY_PORT = "0"


class RunningServer:
    """A server that listens."""

    def __init__(self, process, lines, url):
        self._process = process
        self._lines = lines
        self.client = httpx2.Client(base_url=url)

    def stop(self):
        """All that it said."""
        self._process.terminate()
        return "".join(self._lines) + self._process.communicate(timeout=60)[0]


@contextmanager
def running_server(path):
    """Starts the server and waits until it listens. It ends at the end, whatever becomes of the test."""
    [command] = re.findall(r"^python3 server\.py .*$", README, re.MULTILINE)
    program, *arguments = shlex.split(command.replace("host.db", path).replace("3000", ANY_PORT))
    assert program == "python3" and path in arguments and ANY_PORT in arguments, command
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if url := re.search(r"running on (http://\S+)", line):
                break
        else:
            raise AssertionError("the server did not start: " + "".join(lines))
        server = RunningServer(process, lines, url[1])
        with server.client:
            yield server
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
