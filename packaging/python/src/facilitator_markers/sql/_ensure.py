"""One user."""

from typing import Literal, cast

from ._client import Client
from ._clock import reading
from ._patience import PATIENCE, run
from ._refused import REMOVED, TAKEN, of_one_user
from ._statements import statements

Outcome = Literal["created", "already_enrolled", "unknown_user", "not_an_owner", "ambiguous_user", "unreadable_date"]

_TRIES = 4


def ensure(client: Client, user_id: str, *, patience: float = PATIENCE) -> Outcome:
    """Makes sure that the user's marker is there, dated with the earliest of the user's facilitators, and answers what became of it.

    Call it after the facilitator is committed. `user_id` is the id as stored, or in other upper and lower case where only one user
    can be meant. Where the answer was lost with a leader, a marker that this call wrote is told as `already_enrolled`.
    """
    clock = reading()
    for _ in range(_TRIES):
        has_written = run(client, statements["ensure"], [user_id, clock], patience).rows_affected > 0
        [[outcome]] = run(client, statements["outcome"], [user_id], patience).rows
        # Somebody has changed the tables in between, or a rule of the host's has removed the marker.
        if outcome == "due":
            continue
        if outcome == "refused":
            raise of_one_user(user_id, TAKEN)
        return "created" if has_written else cast(Outcome, outcome)
    raise of_one_user(user_id, REMOVED)
