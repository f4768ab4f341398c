"""A page: what one statement enrolls."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

from ._statements import statements

# What follows an id directly. NUL would, but not every driver takes it.
_NEXT = "\x01"


class Page(NamedTuple):
    """A range of user ids, and the owners in it who were due when it was cut. The first page begins with the empty text and the last
    has no end, so that no user is outside of all, whatever the order of the host's collation.
    """

    first_id: str
    after_last_id: Optional[str]
    owners: Sequence[str]

    def statement(self, clock: str) -> Tuple[str, List[str]]:
        """Its text and its values."""
        if self.after_last_id is None:
            return statements["last_page"], [clock, self.first_id]
        return statements["page"], [clock, self.first_id, self.after_last_id]

    def narrower(self) -> "List[Page]":
        """What to try where the database doesn't take the page: its halves, and at last the owner alone. In a wider range there may
        be others who are refused: who came later, or whom the host's collation puts there.
        """
        if len(self.owners) > 1:
            middle = len(self.owners) // 2
            bound = self.owners[middle]
            halves = [Page(self.first_id, bound, self.owners[:middle]), Page(bound, self.after_last_id, self.owners[middle:])]
            return [half if len(half.owners) > 1 else half._alone() for half in halves]
        return [] if self == self._alone() else [self._alone()]

    def _alone(self) -> "Page":
        [id] = self.owners
        return Page(id, id + _NEXT, self.owners)


def cut(owners: Sequence[str], owners_per_page: int) -> List[Page]:
    starts = range(0, len(owners), owners_per_page)
    bounds = ["", *(owners[start] for start in starts[1:]), None]
    return [
        Page(bounds[number] or "", bounds[number + 1], owners[start : start + owners_per_page])
        for number, start in enumerate(starts)
    ]
