"""Puts the extension into the wheel: EXTENSION is the path of the file, PLATFORM the tag of the wheel."""

import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PutExtension(BuildHookInterface):
    def initialize(self, version, build_data):
        try:
            extension, platform = os.environ["EXTENSION"], os.environ["PLATFORM"]
        except KeyError as missing:
            raise SystemExit(
                f"{missing.args[0]} isn't set. Install a wheel; or, where there is none for the platform, build the extension "
                "with packaging/extension of the repository, and set EXTENSION to its path and PLATFORM to the wheel's tag"
            ) from None
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["force_include"][extension] = f"facilitator_markers/facilitator_markers{Path(extension).suffix}"
