"""The backfill."""

import json
from typing import Callable, Optional, cast

from ._connection import Connection, answer_of
from ._steps import Step, in_steps
from ._types import Progress, Report


def backfill_facilitator_markers(
    connection: Connection,
    *,
    owners_per_step: int = 500,
    on_progress: Optional[Callable[[Progress], object]] = None,
    on_busy: Optional[Callable[[], object]] = None,
) -> Report:
    """Enrolls every owner who has no marker, in steps, and answers the counts.

    Call it at every start, outside a transaction; in an asyncio server in a thread, with a connection of its own. `on_progress` is
    called after each step, `on_busy` each time that another connection kept a step from its work for the connection's `timeout`.
    An exception that either raises ends it. What it doesn't get done, the next call does. Where the database refused markers, it
    raises after all others were written.
    """
    answer_of(connection, "backfill_facilitator_markers_close()")
    tried = 0

    def step() -> Step:
        nonlocal tried
        remaining = answer_of(connection, "backfill_facilitator_markers_step(?)", owners_per_step)
        progress = _progress(connection)
        if on_progress is not None:
            on_progress(progress)
        before, tried = tried, progress["created"] + progress["refused"]
        return Step(was_last=remaining == 0, has_locked=tried > before)

    try:
        in_steps(connection, step, on_busy)
        progress = _progress(connection)
    finally:
        answer_of(connection, "backfill_facilitator_markers_close()")
    return cast(Report, {name: count for name, count in progress.items() if name != "remaining"})


def _progress(connection: Connection) -> Progress:
    return cast(Progress, json.loads(answer_of(connection, "backfill_facilitator_markers_progress()")))
