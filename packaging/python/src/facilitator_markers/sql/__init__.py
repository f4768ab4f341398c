"""The same rules as plain SQL, for databases that load no extension: rqlite, dqlite, and whatever has a driver of DB-API.

    from facilitator_markers import sql

    client = sql.rqlite(["http://10.0.0.1:4001", "http://10.0.0.2:4001", "http://10.0.0.3:4001"])
    report = sql.backfill(client)
    outcome = sql.ensure(client, user_id)

A client is whatever has `execute(sql, args)` and answers a `Result`. Nothing in here needs the extension.
"""

from .._types import Report
from ._backfill import Progress, backfill
from ._client import Client, Result
from ._dbapi import DbApiClient, dbapi
from ._ensure import Outcome, ensure
from ._lists import DueOwner, Finding, SkippedOwner, audit, due, report, skipped
from ._refused import MarkersRefused, RefusedOwner
from ._rqlite import RqliteClient, RqliteError, rqlite
from ._statements import statements

__all__ = [
    "Client",
    "DbApiClient",
    "DueOwner",
    "Finding",
    "MarkersRefused",
    "Outcome",
    "Progress",
    "RefusedOwner",
    "Report",
    "Result",
    "RqliteClient",
    "RqliteError",
    "SkippedOwner",
    "audit",
    "backfill",
    "dbapi",
    "due",
    "ensure",
    "report",
    "rqlite",
    "skipped",
    "statements",
]
