"""Runs the scenario in the files that packaging/extension-for has built, extension/target/dist/PLATFORM, as far as this machine can:

    python3 extension/tests/platforms/run.py PLATFORM…

Each is loaded by host.c, compiled for its platform, and by what other hosts of it there are. What has run has to stand in the
README's row of the platform, and there has to be `not run` where nothing has. .ci/platforms installs what it needs.
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
TARGET = ROOT / "extension" / "target"
PLATFORMS = json.loads((ROOT / "packaging" / "platforms.json").read_text())
# The oldest Debian that there is, and this one for another processor; .ci/platforms unpacks them.
OLD_DEBIAN, ARM_DEBIAN = TARGET / "debian-11", TARGET / "debian-arm64"
OLD_LIBRARIES = OLD_DEBIAN / "lib/x86_64-linux-gnu"
QEMU = ["qemu-aarch64-static", "-L", ARM_DEBIAN]
ZIG = [sys.executable, "-m", "ziglang", "cc", "-target"]
TARGETS = {
    "linux-x64-gnu": "x86_64-linux-gnu.2.17",
    "linux-x64-musl": "x86_64-linux-musl",
    "linux-arm64-gnu": "aarch64-linux-gnu.2.17",
    "linux-arm64-musl": "aarch64-linux-musl",
}
WINE = "/usr/lib/wine/wine64"


def said(pattern: str, *command: object) -> str:
    """What a program says of its version."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return re.search(pattern, done.stdout)[1]


def runners(name: str) -> dict[str, list]:
    """What runs host.c, by the name of where it runs then. .ci/platforms unpacks the two Debians by their names."""
    debian = f"Debian {platform.freedesktop_os_release()['VERSION_ID']}"
    old = {"Debian 11": [OLD_LIBRARIES / "ld-2.31.so", "--library-path", OLD_LIBRARIES]}
    musl, version = "lib/ld-musl-aarch64.so.1", r"Version (.*)"
    return {
        "linux-x64-gnu": lambda: {debian: []} | old,
        "linux-x64-musl": lambda: {f"musl {said(version, '/lib/ld-musl-x86_64.so.1')}": []},
        "linux-arm64-gnu": lambda: {"Debian 12 in qemu": QEMU},
        "linux-arm64-musl": lambda: {f"musl {said(version, *QEMU, ARM_DEBIAN / musl)} in qemu": QEMU},
        "win32-x64": lambda: {f"wine {said(r'wine-([0-9.]+)', WINE, '--version')}": [WINE]},
    }.get(name, dict)()


# Whole hosts, beside those of extension/tests/hosts.py.
HOSTS = {
    "linux-arm64-gnu": [[*QEMU, "-E", f"PYTHONHOME={ARM_DEBIAN}/usr", ARM_DEBIAN / "usr/bin/python3", "hosts/python_sqlite3.py"]],
}


def row_of(name: str) -> str:
    """The README's, of a platform."""
    lines = (ROOT / "README.md").read_text().splitlines()
    return next((line for line in lines if line.startswith(f"| `{name}` |")), "")


def says(name: str, what: str) -> None:
    if what not in row_of(name):
        sys.exit(f"README.md has no {what!r} in the row of {name}: {row_of(name)}")


def sqlite_sources() -> Path:
    """Those that rusqlite bundles."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", ROOT / "extension/Cargo.toml"]
    packages = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["packages"]
    [manifest] = [package["manifest_path"] for package in packages if package["name"] == "libsqlite3-sys"]
    return Path(manifest).parent / "sqlite3"


def compile_host(name: str, folder: Path) -> Path:
    """host.c and SQLite, for a platform."""
    folder.mkdir(parents=True, exist_ok=True)
    sqlite = sqlite_sources()
    sources = ["-O1", "-I", sqlite, HERE / "host.c", sqlite / "sqlite3.c"]
    if name == "win32-x64":
        program = folder / "host.exe"
        compiler = "x86_64-w64-mingw32-gcc"
        stand_in = [HERE / "bcryptprimitives.c", "-ladvapi32", "-o", folder / "bcryptprimitives.dll"]
        subprocess.run([compiler, "-shared", *stand_in], check=True)
        subprocess.run([compiler, *sources, "-o", program], check=True)
        return program
    program = folder / "host"
    # zig would link musl's programs with all that they need, and nothing could be loaded then.
    dynamic = ["-dynamic", "-rdynamic"] if PLATFORMS[name]["libc"] == "musl" else []
    subprocess.run([*ZIG, TARGETS[name], *dynamic, *sources, "-o", program], check=True)
    return program


def run(name: str) -> None:
    extension = TARGET / "dist" / name / PLATFORMS[name]["file"]
    environment = {
        **os.environ,
        "EXTENSION": str(extension),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WINEPREFIX": str(TARGET / "wine"),
        "WINEDEBUG": "-all",
    }
    program = compile_host(name, TARGET / "platforms" / "hosts" / name)
    commands = [
        [sys.executable, "platforms/host.py", where, *runner, program] for where, runner in runners(name).items()
    ] + HOSTS.get(name, [])
    for command in commands:
        output = subprocess.run(command, cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        result = json.loads(output.splitlines()[-1])
        says(name, result["host"])
        print(f"{name}, {result['host']}, SQLite {result['sqlite']}: {result['result']}", flush=True)


for name in sys.argv[1:]:
    if runners(name):
        run(name)
    else:
        says(name, "not run")
        print(f"{name}: NOT RUN, nothing here can load it")
