"""Puts the extension into the wheel: EXTENSION is the path of the file, PLATFORM the tag of the wheel, or else this machine's."""

import os
import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PutExtension(BuildHookInterface):
    def initialize(self, version, build_data):
        extension = os.environ.get("EXTENSION")
        if not extension:
            raise SystemExit(
                "facilitator-markers has no wheel for this platform, so this is its source, without the extension: build the "
                "extension with packaging/extension of the repository, set EXTENSION to its absolute path, and install again"
            )
        platform = os.environ.get("PLATFORM") or sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["force_include"][extension] = f"facilitator_markers/facilitator_markers{Path(extension).suffix}"
