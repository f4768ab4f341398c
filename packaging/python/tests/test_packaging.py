"""The source, and the wheel of each platform, with the packages of tools.txt:

python packaging/python/tests/test_packaging.py
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2]
PLATFORMS = json.loads((PACKAGING / "platforms.json").read_text())
EXTENSION = PACKAGING.parent / "extension" / "target" / "release" / "facilitator_markers.so"
# This one's tag is left to auditwheel: the C library that the machine has isn't the oldest one.
MACHINE = "linux-x64-gnu"


class Packaging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_tool(self, *command, **environment):
        return subprocess.run(
            list(map(str, command)), env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}, text=True,
            capture_output=True, timeout=300,
        )

    def succeed(self, *command, **environment):
        """What it wrote to stdout."""
        done = self.run_tool(*command, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fail_with(self, sentence, *command, **environment):
        done = self.run_tool(*command, **environment)
        self.assertEqual(done.returncode, 1, command)
        self.assertIn(sentence, done.stdout + done.stderr)

    def wheel(self, platform, extension, *tag):
        """The file that it builds."""
        out = tempfile.mkdtemp(dir=self.folder)
        self.succeed(PACKAGING / "wheel", out, platform, extension, *tag)
        [wheel] = Path(out).iterdir()
        return wheel

    def source(self):
        self.succeed(PACKAGING / "sdist", self.folder / "dist")
        [source] = (self.folder / "dist").iterdir()
        return source

    def test_the_source_says_what_to_do_without_the_extension_and_installs_with_it(self):
        source = self.source()
        install = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "--target"]
        install += [self.folder / "installed", source]
        self.fail_with("packaging/extension of the repository, set EXTENSION to its absolute path", *install, EXTENSION="")
        self.succeed(*install, EXTENSION=str(EXTENSION), PLATFORM="")
        path = "import facilitator_markers; print(facilitator_markers.loadable_path())"
        installed = self.succeed(sys.executable, "-c", path, PYTHONPATH=str(self.folder / "installed")).strip()
        self.assertEqual(Path(installed).read_bytes(), EXTENSION.read_bytes())

    def test_the_source_builds_itself_again(self):
        self.succeed("tar", "-xf", self.source(), "-C", self.folder, "--strip-components", "1")
        again = self.folder / "again"
        self.succeed(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", again, self.folder)
        self.assertEqual(len(list(again.iterdir())), 1)

    def test_the_wheel_of_each_platform_carries_its_file_and_its_tag(self):
        for name, platform in PLATFORMS.items():
            built = self.folder / f"built-for-{name}{Path(platform['file']).suffix}"
            built.write_text(name)
            wheel = self.wheel(name, built)
            self.assertTrue(wheel.name.endswith(f"-py3-none-{platform['wheel']}.whl"), wheel.name)
            self.assertEqual(zipfile.ZipFile(wheel).read(f"facilitator_markers/{platform['file']}"), name.encode())
            if not platform["wheel"].startswith(("manylinux", "musllinux")):
                self.succeed(PACKAGING / "check-wheel", wheel, platform["wheel"])

    def test_another_platforms_extension_is_refused(self):
        for platform, sentence in (("win32-x64", "is the extension of another platform"), ("amiga", "is no platform of")):
            self.fail_with(sentence, PACKAGING / "wheel", self.folder, platform, EXTENSION)

    def test_a_wheel_is_refused_that_needs_more_than_its_tag_says(self):
        untagged = self.wheel(MACHINE, EXTENSION, "linux_x86_64")
        tag = json.loads(self.succeed(sys.executable, "-m", "auditwheel", "show", "--json", untagged))["overall_tag"]
        self.assertRegex(tag, r"^manylinux_2_\d+_x86_64$")
        check = PACKAGING / "check-wheel"
        self.succeed(check, self.wheel(MACHINE, EXTENSION, tag), tag)
        for other, sentence in (
            ("linux_x86_64", f"{tag} would be right"),
            ("manylinux_2_5_x86_64", f"the extension needs {tag}"),
            ("musllinux_1_2_x86_64", "finds no extension for musllinux"),
        ):
            self.fail_with(sentence, check, self.wheel(MACHINE, EXTENSION, other), other)
        self.fail_with(f"its tag isn't {tag}", check, untagged, tag)


if __name__ == "__main__":
    unittest.main()
