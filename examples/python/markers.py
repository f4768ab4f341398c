"""What is wrong with the markers that are there. To find it, whole tables are read, which takes a second where there are a million
markers: it is done in a thread, so that the server answers meanwhile.
"""

import asyncio
from contextlib import closing
from typing import Any, Dict, Optional

from facilitator_markers import Finding, audit_facilitator_markers

from database import Opener

# How many findings an answer has at most.
MOST = 1_000
TOLD = ("name", "marker_id", "user_id", "mend", "message")
# JSON has no numbers as large as these volumes.
VOLUMES = ("counted", "total")


class MarkerAuditor:
    """Who asks while an audit runs gets its result."""

    def __init__(self, open_database: Opener):
        self._open_database = open_database
        self._running: "Optional[asyncio.Task[Dict[str, Any]]]" = None

    async def audit(self) -> Dict[str, Any]:
        """The findings that somebody can do something about, and whether these are all."""
        if self._running is None:
            self._running = asyncio.create_task(asyncio.to_thread(self._find))
            self._running.add_done_callback(self._forget)
        # The request that began it may be given up while others wait.
        return await asyncio.shield(self._running)

    def _forget(self, _: object) -> None:
        self._running = None

    def _find(self) -> Dict[str, Any]:
        findings = []
        with closing(self._open_database()) as connection:
            for finding in audit_facilitator_markers(connection, cost=True):
                if finding["mend"] != "nothing":
                    findings.append(_answered(finding))
                if len(findings) > MOST:
                    break
        return {"findings": findings[:MOST], "are_all": len(findings) <= MOST}


def _answered(finding: Finding) -> Dict[str, Any]:
    volumes = {name: None if finding[name] is None else str(finding[name]) for name in VOLUMES}
    return {name: finding[name] for name in TOLD} | volumes
