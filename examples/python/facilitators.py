"""Creating a facilitator, and its owner's enrollment marker in the same transaction."""

import sqlite3
import uuid

from facilitator_markers import Enrollment, ensure_facilitator_marker
from pydantic import BaseModel


class Wish(BaseModel):
    """`owner` is the owner's user id, as stored or in lower case."""

    owner: str
    name: str
    subdomain: str


class Created(BaseModel):
    """The facilitator's id, and what became of the marker."""

    id: str
    enrollment: Enrollment


class UnknownUser(Exception):
    """No user has the id, or none that it could only mean."""


def create_facilitator(connection: sqlite3.Connection, wish: Wish) -> Created:
    """Raises UnknownUser, and creates nothing then."""
    id = str(uuid.uuid4())
    # Commits, or rolls back what an exception leaves unfinished.
    with connection:
        connection.execute(
            "INSERT INTO facilitators (id, name, subdomain, owner_address) VALUES (?, ?, ?, lower(?))",
            (id, wish.name, wish.subdomain, wish.owner),
        )
        enrollment = ensure_facilitator_marker(connection, wish.owner)
        if enrollment == "unknown_user":
            raise UnknownUser(f"no user has the id {wish.owner}")
    return Created(id=id, enrollment=enrollment)
