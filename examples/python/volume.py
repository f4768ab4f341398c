"""The volume that counts for an owner: what the owner's facilitators settled since the date on the enrollment marker."""

import sqlite3

SETTLED = """
    SELECT payment.amount
    FROM reward_addresses AS marker
    JOIN facilitators AS facilitator ON facilitator.owner_address = lower(marker.user_id)
    JOIN transactions AS payment ON payment.facilitator_id = facilitator.id AND payment.created_at >= marker.created_at
    WHERE marker.user_id = ? AND +marker.chain_type = 'facilitator'
      AND payment.type = 'settle' AND payment.status = 'success' AND payment.from_address <> payment.to_address"""


def volume_of(connection: sqlite3.Connection, user: str) -> int:
    """In whole atomic units."""
    return sum(int(amount) for amount, in connection.execute(SETTLED, (user,)))
