"""For Alpine's C library, the documented commands build loadable libraries: Cargo accepts them, and tells Rust so.

Where Rust's own library for musl isn't installed, the build ends there, which is far enough to see it.
"""

import json
import os
import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent.parent
TARGET = "x86_64-unknown-linux-musl"

def release_build(script):
    """Cargo's arguments in a script of packaging. Where the build goes is this test's."""
    [arguments] = re.findall(r"^ *cargo (.* --release .*)$", (ROOT / "packaging" / script).read_text(), re.MULTILINE)
    # What follows -- goes to Rust alone.
    return re.sub("--locked|--target-dir [^ ]+| -- .*", "", arguments).split()


def check(arguments):
    environment = {name: value for name, value in os.environ.items() if "RUSTFLAGS" not in name}
    target = ["--verbose", "--locked", "--target", TARGET, "--target-dir", TESTS.parent / "target" / "musl"]
    done = subprocess.run(["cargo", *arguments, *target], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert "cannot produce cdylib" not in done.stderr, done.stderr
    compiled = [line for line in done.stderr.splitlines() if line.strip().startswith("Running") and TARGET in line]
    assert compiled and all("target-feature=-crt-static" in line for line in compiled), done.stderr[:10_000]
    assert done.returncode == 0 or "can't find crate for `core`" in done.stderr, done.stderr[-10_000:]


assert "\npackaging/extension\n" in (ROOT / "docs" / "loading.md").read_text()
for script in ["extension", "c-library"]:
    check(release_build(script))
print(json.dumps({"host": "musl", "sqlite": "none", "result": "Cargo is told to build loadable libraries"}))
