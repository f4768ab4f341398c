"""The crates that end in a file that is handed out, and what their licenses say."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = json.loads((ROOT / "packaging/platforms.json").read_text())
TARGETS = [f"--target={platform['target']}" for platform in PLATFORMS.values()]


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def linked_crates(manifest, features=()):
    """Those of a library on any of the platforms, ours first and then by name, as Cargo describes them. What only runs at compile
    time isn't among them."""
    options = ["--locked", "--manifest-path", manifest, *features]
    lines = cargo("tree", *TARGETS, "--edges", "normal,no-proc-macro", "--prefix", "none", *options).splitlines()
    linked = {tuple(line.split()[:2]) for line in lines}
    packages = json.loads(cargo("metadata", "--format-version", "1", *options))["packages"]
    crates = [package for package in packages if (package["name"], f"v{package['version']}") in linked]
    return sorted(crates, key=lambda package: (package["source"] is not None, package["name"]))


def license_text(package):
    """The text that a crate has for the MIT license, or for its only one."""
    folder = Path(package["manifest_path"]).parent
    found = next((path for path in [folder / "LICENSE-MIT", folder / "LICENSE"] if path.exists()), None)
    return found.read_text() if found else ""
