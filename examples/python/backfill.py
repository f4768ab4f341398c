"""The backfill at the server's start, of which /health tells."""

import asyncio
import logging
import threading
from contextlib import closing

from facilitator_markers import backfill_facilitator_markers

from database import Opener

log = logging.getLogger(__name__)


class Backfill:
    """Enrolls every owner who has no marker, in a thread and on a connection of its own. `state` is `waiting`, `running`, `finished`
    or `failed`. What it doesn't get done, the next start does.
    """

    def __init__(self, open_database: Opener):
        self.state = "waiting"
        self.remaining: "int | None" = None
        self._open_database = open_database
        self._is_stopped = threading.Event()

    async def run(self) -> None:
        """Fails never: the server answers all the same."""
        self.state = "running"
        try:
            await asyncio.to_thread(self._enroll)
            self.state = "finished"
        except _Stopped:
            self.state = "waiting"
        except Exception as error:
            self.state = "failed"
            log.error("backfill: %s", error)
        log.info("backfill %s", self.state)

    def stop(self) -> None:
        """Ends it between two steps."""
        self._is_stopped.set()

    def _enroll(self) -> None:
        # It doesn't wait within SQLite, where nothing could end it.
        with closing(self._open_database(timeout=0)) as connection:
            backfill_facilitator_markers(connection, on_progress=self._keep, on_busy=self._end_if_stopped)

    def _keep(self, progress) -> None:
        self.remaining = progress["remaining"]
        self._end_if_stopped()

    def _end_if_stopped(self) -> None:
        if self._is_stopped.is_set():
            raise _Stopped


class _Stopped(Exception):
    pass
