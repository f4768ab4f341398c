"""Enrollment markers of facilitator owners, written over a SQLite connection that the host owns.

    import sqlite3
    import facilitator_markers as markers

    connection = sqlite3.connect("host.db", factory=markers.LoadedConnection)
    report = markers.backfill_facilitator_markers(connection)
    outcome = markers.ensure_facilitator_marker(connection, user_id)
"""

from ._backfill import backfill_facilitator_markers
from ._connection import Connection
from ._failure import is_retryable
from ._lists import audit_facilitator_markers, due_owners, skipped_owners
from ._load import load, loadable_path
from ._loaded_connection import LoadedConnection
from ._markers import (
    Created,
    Enrollment,
    create_facilitator_marker,
    ensure_facilitator_marker,
    facilitator_markers_version,
    preview_facilitator_markers,
)
from ._repair import repair_facilitator_markers
from ._types import Candidate, Change, DueOwner, Facilitator, Finding, Preview, Progress, RepairReport, Replaced, Report, SkippedOwner

__all__ = [
    "Candidate",
    "Change",
    "Connection",
    "Created",
    "DueOwner",
    "Enrollment",
    "Facilitator",
    "Finding",
    "LoadedConnection",
    "Preview",
    "Progress",
    "RepairReport",
    "Replaced",
    "Report",
    "SkippedOwner",
    "audit_facilitator_markers",
    "backfill_facilitator_markers",
    "create_facilitator_marker",
    "due_owners",
    "ensure_facilitator_marker",
    "facilitator_markers_version",
    "is_retryable",
    "load",
    "loadable_path",
    "preview_facilitator_markers",
    "repair_facilitator_markers",
    "skipped_owners",
]
