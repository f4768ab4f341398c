"""The markers: whether a user has one, whether another row is in its place, and writing it."""

from .comment import comment

NAME = "'FACILITATOR_OWNER:' || "

INSERT = """INSERT INTO main.reward_addresses
  (id, user_id, chain_type, address, verification_status, verified_at, created_at)"""

# The host has to have the first two constraints, which are named so that a statement fails where one is missing.
CONFLICT = """ON CONFLICT (id) DO NOTHING
ON CONFLICT (user_id, address) DO NOTHING
ON CONFLICT DO NOTHING"""


def is_marker_of(user: str) -> str:
    """Of a row r. Without the unary plus, the planner may choose an index on chain_type, which all markers share."""
    return f"r.user_id = {user} AND r.user_id = {user} COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator'"


def marker_of(user: str) -> str:
    return f"""SELECT 1 FROM main.reward_addresses r
    WHERE {is_marker_of(user)}"""


def first_marker(column: str, user: str) -> str:
    """Of a user's markers the one that the library goes by: that with the marker's address, else the one with the lowest id."""
    named = f"SELECT r.{column} FROM main.reward_addresses r WHERE {is_marker_of(user)} AND r.address = {NAME}{user} COLLATE BINARY"
    return f"""CASE WHEN EXISTS ({named})
      THEN ({named})
      ELSE (SELECT r.{column} FROM main.reward_addresses r WHERE {is_marker_of(user)} ORDER BY r.id COLLATE BINARY LIMIT 1) END"""


def is_taken(user: str) -> str:
    """Whether another row has the id or the address of the user's marker, in the collation of the host's constraints."""
    return f"""EXISTS (SELECT 1 FROM main.reward_addresses r WHERE r.id = {NAME}{user})
    OR EXISTS (SELECT 1 FROM main.reward_addresses r WHERE r.user_id = {user} AND r.address = {NAME}{user})"""


def row(user: str, clock: str) -> str:
    return f"SELECT {NAME}{user}, {user}, 'facilitator', {NAME}{user}, 'verified', {clock}, min(since)"


HAS_READABLE_DATES = f"""{comment("Where one date can't be read, it may be the earliest.")}
GROUP BY id COLLATE BINARY HAVING count(*) = count(since)"""
