"""The repair, with a log that undoes it."""

import json
import os
from typing import Any, Callable, Dict, List, Optional, TextIO, cast

from ._connection import Connection, answer_of
from ._steps import Step, in_steps
from ._types import Change, RepairReport


def repair_facilitator_markers(
    connection: Connection,
    *,
    undo_log: "Optional[str | os.PathLike[str]]" = None,
    on_change: Optional[Callable[[Change], object]] = None,
    on_busy: Optional[Callable[[], object]] = None,
    markers_per_step: int = 500,
) -> RepairReport:
    """Mends the markers that are wrong, as far as nobody has to guess, and answers the counts.

    Each change is added to the file `undo_log` as a line of JSON, and flushed to the disk, and told to `on_change`, before it is
    committed; where either raises, the step is undone. A change that the log has and the database not, because the process died
    in between, is undone by its statement without effect. `on_busy` is called each time that another connection kept a step from
    its work for the connection's `timeout`; an exception that it raises ends the repair between two steps. Call it outside a
    transaction: each step is one of its own.
    """
    log = None if undo_log is None else open(undo_log, "a", encoding="utf-8")
    report = RepairReport(markers=0, repaired=0, refused=0, message=None)

    def keep(changes: List[Change]) -> None:
        if log is not None and changes:
            _write(log, changes)
        if on_change is not None:
            for change in changes:
                on_change(change)

    def step() -> Step:
        answer = _step(connection, markers_per_step, keep)
        report["markers"], report["refused"], report["message"] = answer["markers"], answer["refused"], answer["message"]
        report["repaired"] += len(answer["changes"])
        return Step(was_last=answer["is_done"], has_locked=True)

    try:
        answer_of(connection, "repair_facilitator_markers_close()")
        try:
            in_steps(connection, step, on_busy)
        finally:
            answer_of(connection, "repair_facilitator_markers_close()")
    finally:
        if log is not None:
            log.close()
    return report


def _step(connection: Connection, markers: int, keep: Callable[[List[Change]], None]) -> Dict[str, Any]:
    """A step in a transaction of its own, which is committed once its changes are kept."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        answer = json.loads(answer_of(connection, "repair_facilitator_markers_step(?)", markers))
        keep(answer["changes"])
        connection.execute("COMMIT")
    except BaseException:
        # Where SQLite has rolled back by itself there is no transaction any more.
        if cast(Any, connection).in_transaction:
            connection.execute("ROLLBACK")
        # The round takes for mended what was rolled back: the next step begins another one.
        answer_of(connection, "repair_facilitator_markers_close()")
        raise
    return cast(Dict[str, Any], answer)


def _write(log: TextIO, changes: List[Change]) -> None:
    log.writelines(json.dumps(change) + "\n" for change in changes)
    log.flush()
    os.fsync(log.fileno())
