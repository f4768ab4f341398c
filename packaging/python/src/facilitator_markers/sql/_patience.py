"""Trying again, where a connection or a leader may be gone."""

from time import monotonic, sleep
from typing import Optional, Sequence

from ._client import Client, Result

PATIENCE = 60.0
# A database that only reads answers the first, and one that somebody has locked; the second changes nothing.
READS = "SELECT 1"
WRITES = "INSERT INTO main.reward_addresses (id) SELECT '' WHERE 0"
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


class StatementRefused(Exception):
    """The database answers, and doesn't take this statement."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(reason)
        self.reason = reason


def try_to_run(client: Client, sql: str, args: Sequence[str], patience: float) -> Result:
    """Runs a statement that may run twice.

    Where a failure is followed by a probe's, it waits and goes on, and raises the failure once `patience` seconds have passed since
    the first of them. A failure that a probe doesn't share may come from an answer that was lost with a leader: the second in a
    row is the statement's own, and raises `StatementRefused`.
    """
    failed_before = False
    silent_since: Optional[float] = None
    pause = SHORTEST_PAUSE
    while True:
        try:
            return client.execute(sql, args)
        except Exception as error:
            if _answers(client, WRITES if sql.startswith("INSERT") else READS):
                if failed_before:
                    raise StatementRefused(error) from error
                failed_before = True
                continue
            failed_before = False
            now = monotonic()
            silent_since = now if silent_since is None else silent_since
            if now - silent_since >= patience:
                raise
        sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def run(client: Client, sql: str, args: Sequence[str], patience: float) -> Result:
    """The same, and raises the failure itself."""
    try:
        return try_to_run(client, sql, args, patience)
    except StatementRefused as refusal:
        raise refusal.reason from None


def _answers(client: Client, probe: str) -> bool:
    try:
        client.execute(probe, ())
    except Exception:
        return False
    return True
