"""report.sql and skipped.sql: what a backfill would count, and whom it would leave out."""

from .comment import comment
from .dates import dates
from .markers import first_marker, is_marker_of, is_taken, marker_of
from .meant import IS_UNKNOWN, MEANT, OWNERS

UNENROLLED = f"""{comment("Those of them who have no marker.")}
unenrolled(id) AS MATERIALIZED (SELECT o.id FROM owners o WHERE NOT EXISTS ({marker_of("o.id")}))"""

REPORT = f"""{comment("What a backfill would count now.")}
WITH {MEANT},
{OWNERS},
{UNENROLLED},
{comment("Each distinct date, which is dated once.")}
texts(id, c) AS (SELECT DISTINCT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'),
{dates("texts")},
readable(c) AS MATERIALIZED (SELECT id FROM dated WHERE since IS NOT NULL),
{comment("Whether all dates of an owner can be read, and whether another row is in the marker's place.")}
judged(id, is_readable, is_taken) AS MATERIALIZED (
  SELECT e.id, count(*) = count(d.c), {is_taken("e.id")}
  FROM unenrolled e JOIN meant m ON m.id = e.id COLLATE BINARY
    JOIN main.facilitators f ON f.owner_address = m.address AND f.owner_address = m.address COLLATE BINARY
    LEFT JOIN readable d ON d.c = f.created_at COLLATE BINARY AND typeof(f.created_at) = 'text'
  WHERE typeof(f.owner_address) = 'text'
  GROUP BY e.id COLLATE BINARY
)
SELECT
  (SELECT count(*) FROM owners) AS owners,
  (SELECT count(*) FROM judged WHERE is_readable AND NOT is_taken) AS created,
  (SELECT count(*) FROM owners) - (SELECT count(*) FROM unenrolled) AS already_enrolled,
  (SELECT count(*) FROM judged WHERE NOT is_readable) AS unreadable_date,
  (SELECT count(*) FROM judged WHERE is_readable AND is_taken) AS refused,
  (SELECT count(*) FROM addresses a WHERE {IS_UNKNOWN}) AS unknown_users,
  (SELECT count(*) FROM ambiguous) AS ambiguous_users,
  (SELECT count(*) FROM main.facilitators f
    WHERE typeof(f.created_at) <> 'text' OR f.created_at COLLATE BINARY NOT IN (SELECT c FROM readable)) AS unreadable_dates
"""

SKIPPED = f"""{comment("Whom a backfill would leave out now, and why: a row for each thing to look at.")}
{comment("unknown_user: the address that means nobody. ambiguous_user: the address, with each user whom it could mean.")}
{comment("unreadable_date: the owner, with each facilitator to mend. refused: the owner in whose marker's place another row is.")}
WITH {MEANT},
{OWNERS},
{UNENROLLED},
{comment("The marker of each user whom an ambiguous address could mean: the one with the marker's address, else that with the lowest id.")}
candidates(address, id, is_enrolled, since) AS MATERIALIZED (
  SELECT m.address, m.id,
    EXISTS (SELECT 1 FROM main.reward_addresses r WHERE {is_marker_of("m.id")}),
    {first_marker("created_at", "m.id")}
  FROM meant m WHERE m.address IN (SELECT address FROM ambiguous)
), {comment("Each distinct date, which is dated once.")}
texts(id, c) AS (
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'
  UNION
  SELECT since COLLATE BINARY, since COLLATE BINARY FROM candidates WHERE typeof(since) = 'text'
), {dates("texts")},
readable(c, since) AS MATERIALIZED (SELECT id, since FROM dated WHERE since IS NOT NULL),
{comment("Since when a marker has to count for the facilitators with an ambiguous address, if all their dates can be read.")}
needed(address, since) AS MATERIALIZED (
  SELECT f.owner_address, min(d.since)
  FROM main.facilitators f LEFT JOIN readable d ON d.c = f.created_at COLLATE BINARY AND typeof(f.created_at) = 'text'
  WHERE typeof(f.owner_address) = 'text' AND f.owner_address COLLATE BINARY IN (SELECT address FROM ambiguous)
  GROUP BY f.owner_address COLLATE BINARY HAVING count(*) = count(d.since)
), {comment("Of these, one that some user's marker covers, or all of whose users are enrolled, needs nothing done.")}
settled(address) AS MATERIALIZED (
  SELECT address FROM candidates GROUP BY address COLLATE BINARY HAVING min(is_enrolled) = 1
  UNION
  SELECT k.address FROM candidates k JOIN readable d ON d.c = k.since COLLATE BINARY
    JOIN needed n ON n.address = k.address COLLATE BINARY
  WHERE typeof(k.since) = 'text' AND d.since <= n.since
), {comment("The facilitators of those who have no marker, and those of them whose date can't be read.")}
owned(id, facilitator_id, c, is_readable) AS MATERIALIZED (
  SELECT e.id, f.id, f.created_at, typeof(f.created_at) = 'text' AND f.created_at COLLATE BINARY IN (SELECT c FROM readable)
  FROM unenrolled e JOIN meant m ON m.id = e.id COLLATE BINARY
    JOIN main.facilitators f ON f.owner_address = m.address AND f.owner_address = m.address COLLATE BINARY
  WHERE typeof(f.owner_address) = 'text'
), left_out(reason, owner_address, user_id, is_enrolled, facilitator_id, created_at) AS (
  SELECT 'unknown_user', a.address, NULL, NULL, NULL, NULL
  FROM addresses a WHERE {IS_UNKNOWN}
  UNION ALL
  SELECT 'ambiguous_user', k.address, k.id, k.is_enrolled, NULL, NULL
  FROM candidates k WHERE k.address NOT IN (SELECT address FROM settled)
  UNION ALL
  SELECT 'unreadable_date', NULL, o.id, 0, o.facilitator_id, o.c FROM owned o WHERE NOT o.is_readable
  UNION ALL
  SELECT 'refused', NULL, e.id, 0, NULL, NULL
  FROM unenrolled e
  WHERE e.id COLLATE BINARY NOT IN (SELECT id FROM owned WHERE NOT is_readable) AND ({is_taken("e.id")})
)
SELECT reason, owner_address, user_id, is_enrolled, facilitator_id, created_at FROM left_out
ORDER BY reason, owner_address COLLATE BINARY, user_id COLLATE BINARY, facilitator_id COLLATE BINARY
"""
