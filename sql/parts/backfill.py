"""page.sql, last_page.sql, whole.sql and due.sql: everybody whom a backfill would enroll."""

from .comment import comment
from .dates import dates
from .markers import CONFLICT, HAS_READABLE_DATES, INSERT, is_taken, marker_of, row


def owners(users: str, among: str, join: str = "JOIN") -> str:
    """Up to dated(id, since): those of these users whom a backfill would enroll, if all their dates can be read."""
    return f"""{comment("The users who own a facilitator and have no marker, the id in lower case, and whether one is owned under that.")}
unenrolled(id, folded, is_owned_folded) AS MATERIALIZED (
  SELECT u.id, lower(u.id), lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM main.facilitators)
  FROM {users}
  WHERE typeof(u.id) = 'text'{among}
    AND (lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM main.facilitators)
      OR u.id COLLATE BINARY IN (SELECT owner_address FROM main.facilitators))
    AND NOT EXISTS ({marker_of("u.id")})
), {comment("What more than one user could be meant by. Nobody looks for them where nothing is owned so.")}
ambiguous(folded) AS MATERIALIZED (
  SELECT lower(v.id) FROM (SELECT 1 FROM unenrolled WHERE is_owned_folded LIMIT 1) CROSS JOIN main."user" v
  WHERE lower(v.id) IN (SELECT folded FROM unenrolled WHERE is_owned_folded) AND typeof(v.id) = 'text'
  GROUP BY lower(v.id) HAVING count(*) > 1
), {comment("The addresses that mean a user for sure: the id, and the id in lower case.")}
meaning(address, id) AS MATERIALIZED (
  SELECT folded, id FROM unenrolled WHERE folded NOT IN (SELECT folded FROM ambiguous)
  UNION ALL
  SELECT id, id FROM unenrolled WHERE folded NOT IN (SELECT folded FROM ambiguous) AND id <> folded COLLATE BINARY
), {comment("Their facilitators.")}
owned(id, c) AS (
  SELECT m.id, f.created_at FROM meaning m {join} main.facilitators f ON f.owner_address = m.address
  WHERE f.owner_address = m.address COLLATE BINARY AND typeof(f.owner_address) = 'text'
), {dates("owned")}"""


def backfill(about: str, given: str, among: str, join: str = "JOIN") -> str:
    return f"""{INSERT}
{comment(about)}
WITH {given},
{owners('given g CROSS JOIN main."user" u', among, join)}
{row("id", "(SELECT clock FROM given)")}
{comment("A SELECT before ON CONFLICT has to have a WHERE.")}
FROM dated WHERE true
{HAS_READABLE_DATES}
ORDER BY id COLLATE BINARY
{CONFLICT}
"""


# A page looks its owners' facilitators up, by the index on owner_address, and doesn't read all of them.
BY_INDEX = "CROSS JOIN"
CLOCK = "the clock's reading in UTC as YYYY-MM-DD HH:MM:SS"
PAGE = backfill(
    f"Enrolls the owners of one page. Values: {CLOCK}, the first user id, and the id after the last.",
    "given(clock, first_id, after_last_id) AS (SELECT ?, ?, ?)",
    " AND u.id >= g.first_id AND u.id < g.after_last_id",
    BY_INDEX,
)
LAST_PAGE = backfill(
    f"Enrolls the owners of the last page. Values: {CLOCK}, and the first user id.",
    "given(clock, first_id) AS (SELECT ?, ?)",
    " AND u.id >= g.first_id",
    BY_INDEX,
)
WHOLE = backfill(f"Enrolls all owners. Value: {CLOCK}.", "given(clock) AS (SELECT ?)", "")

DUE = f"""{comment("The owners whom a backfill would enroll, and since when, in the order in which pages take them.")}
WITH {owners('main."user" u', "")}
SELECT id AS user_id, min(since) AS enrollment_date
{comment("Another row that has the marker's id or address keeps it out.")}
FROM dated WHERE NOT ({is_taken("dated.id")})
{HAS_READABLE_DATES}
ORDER BY id COLLATE BINARY
"""
