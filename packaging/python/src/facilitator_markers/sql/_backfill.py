"""The backfill."""

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Set

from .._types import Report
from . import _lists
from ._client import Client
from ._clock import reading
from ._page import Page, cut
from ._patience import PATIENCE, StatementRefused, try_to_run
from ._refused import REMOVED, TAKEN, RefusedOwner, after_all_others, too_many

_REFUSED_IN_A_ROW = 1000

# A leader that has just been elected may answer as if the last page weren't there yet.
_ROUNDS_WITHOUT_CHANGE = 2


class Progress(NamedTuple):
    """How many owners have been visited, of how many."""

    visited: int
    due: int


def backfill(
    client: Client,
    *,
    owners_per_page: int = 500,
    on_progress: Optional[Callable[[Progress], object]] = None,
    patience: float = PATIENCE,
) -> Report:
    """Enrolls every owner who has no marker, a page at a time, and answers the counts.

    Call it at every start; calling it twice at once is harmless. While the database doesn't answer, it tries again for `patience`
    seconds, then raises the driver's error. A page that the database doesn't take is halved, until the owners are known whom it
    refuses: for these it raises `MarkersRefused` after all others were enrolled. `on_progress` is called after each page; an
    exception that it raises ends the backfill. What one call doesn't get done, the next does.
    """
    if owners_per_page < 1:
        raise ValueError(f"owners_per_page is {owners_per_page}: a page has at least one owner")
    return _Backfill(client, owners_per_page, on_progress, patience).run()


class _Backfill:
    def __init__(
        self, client: Client, owners_per_page: int, on_progress: Optional[Callable[[Progress], object]], patience: float,
    ) -> None:
        self.client, self.owners_per_page, self.on_progress, self.patience = client, owners_per_page, on_progress, patience
        self.clock = reading()
        self.found: Set[str] = set()
        self.visited: Set[str] = set()
        self.refused: Dict[str, "Exception | str"] = {}
        self.refused_in_a_row: List[RefusedOwner] = []

    def run(self) -> Report:
        """Rounds, until none is due but the refused: an answer that was lost says nothing, and others write meanwhile."""
        before: List[str] = []
        rounds_without_change = 0
        while True:
            due = [owner["user_id"] for owner in _lists.due(self.client, patience=self.patience)]
            self.found.update(due)
            owners = [id for id in due if id not in self.refused]
            if not owners:
                return self.report(due)
            rounds_without_change = rounds_without_change + 1 if owners == before else 0
            if rounds_without_change == _ROUNDS_WITHOUT_CHANGE:
                self.refused.update(dict.fromkeys(owners, REMOVED))
                return self.report(due)
            for page in cut(owners, self.owners_per_page):
                self.visit(page)
            before = owners

    def visit(self, page: Page) -> None:
        """Enrolls the owners of a page, by halves where the database doesn't take it: it may be too large, or one of them refused."""
        waiting = [page]
        while waiting:
            page = waiting.pop()
            try:
                try_to_run(self.client, *page.statement(self.clock), self.patience)
            except StatementRefused as refusal:
                if narrower := page.narrower():
                    waiting.extend(reversed(narrower))
                    continue
                self.refuse(page.owners[0], refusal.reason)
            else:
                self.refused_in_a_row.clear()
            self.visited.update(page.owners)
            if self.on_progress is not None:
                self.on_progress(Progress(len(self.visited), len(self.found)))

    def refuse(self, user_id: str, reason: Exception) -> None:
        self.refused[user_id] = reason
        self.refused_in_a_row.append(RefusedOwner(user_id, reason))
        if len(self.refused_in_a_row) == _REFUSED_IN_A_ROW:
            raise too_many(self.refused_in_a_row) from reason

    def report(self, due: Sequence[str]) -> Report:
        """The counts as of the last list of those who are due. What the report counts as created is what is still due now: the
        refused, and who came after that list, for the next backfill.
        """
        counted = _lists.report(self.client, patience=self.patience)
        refused = [RefusedOwner(id, self.refused[id]) for id in due if id in self.refused]
        came_after = max(counted["created"] - len(refused), 0)
        created = min(len(self.found.difference(due)), counted["already_enrolled"])
        if counted["refused"]:
            owners = _lists.skipped(self.client, patience=self.patience)
            refused += [RefusedOwner(str(owner["user_id"]), TAKEN) for owner in owners if owner["reason"] == "refused"]
        report = Report(
            owners=counted["owners"] - came_after,
            created=created,
            already_enrolled=counted["already_enrolled"] - created,
            unreadable_date=counted["unreadable_date"],
            refused=counted["refused"] + counted["created"] - came_after,
            unknown_users=counted["unknown_users"],
            ambiguous_users=counted["ambiguous_users"],
            unreadable_dates=counted["unreadable_dates"],
        )
        if report["refused"]:
            raise after_all_others(refused, report)
        return report
