"""report.sql and skipped.sql: what a backfill would count, and whom it would leave out."""

from .comment import comment
from .dates import dates, readable
from .markers import first_marker, is_marker_of, is_taken, marker_of
from .meant import MEANT, OWNERS, THEIR_FACILITATORS, UNKNOWN

UNENROLLED = f"""{comment("Those of them who have no marker.")}
unenrolled(id) AS MATERIALIZED (SELECT o.id FROM owners o WHERE NOT EXISTS ({marker_of("o.id")}))"""

REPORT = f"""{comment("What a backfill would count now.")}
WITH {MEANT},
{UNKNOWN},
{OWNERS},
{UNENROLLED},
{comment("Each distinct date, which is dated once.")}
texts(id, c) AS (SELECT DISTINCT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'),
{dates("texts")},
readable(c) AS MATERIALIZED (SELECT id FROM dated WHERE since IS NOT NULL),
{comment("Of each of these, whether all dates can be read, and whether another row is in the marker's place.")}
judged(is_readable, is_taken) AS MATERIALIZED (
  SELECT count(*) = count(d.c), {is_taken("e.id")}
  FROM unenrolled e JOIN meant m ON m.id = e.id COLLATE BINARY
    {THEIR_FACILITATORS}
    {readable("f.created_at")}
  WHERE typeof(f.owner_address) = 'text'
  GROUP BY e.id COLLATE BINARY
)
SELECT o.owners, u.created, o.owners - u.unenrolled AS already_enrolled, u.unreadable_date, u.refused,
  (SELECT count(*) FROM unknown) AS unknown_users,
  (SELECT count(*) FROM ambiguous) AS ambiguous_users,
  (SELECT count(*) FROM main.facilitators f
    WHERE typeof(f.created_at) <> 'text' OR f.created_at COLLATE BINARY NOT IN (SELECT c FROM readable)) AS unreadable_dates
FROM (SELECT count(*) AS owners FROM owners) o CROSS JOIN (
    SELECT count(*) AS unenrolled, count(CASE WHEN is_readable AND NOT is_taken THEN 1 END) AS created,
      count(CASE WHEN NOT is_readable THEN 1 END) AS unreadable_date,
      count(CASE WHEN is_readable AND is_taken THEN 1 END) AS refused
    FROM judged
  ) u
"""

SKIPPED = f"""{comment("Whom a backfill would leave out now, and why: a row for each thing to look at.")}
{comment("unknown_user: the address that means nobody. ambiguous_user: the address, with each user whom it could mean.")}
{comment("unreadable_date: the owner, with each facilitator to mend. refused: the owner in whose marker's place another row is.")}
WITH {MEANT},
{UNKNOWN},
{OWNERS},
{UNENROLLED},
{comment("The marker of each user whom an ambiguous address could mean: the one with the marker's address, else that with the lowest id.")}
candidates(address, id, is_enrolled, since) AS MATERIALIZED (
  SELECT lower(u.id), u.id,
    EXISTS (SELECT 1 FROM main.reward_addresses r WHERE {is_marker_of("u.id")}),
    {first_marker("created_at", "u.id")}
  FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) IN (SELECT address FROM ambiguous)
), {comment("Each distinct date, which is dated once.")}
texts(id, c) AS (
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'
  UNION
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.reward_addresses
  WHERE typeof(created_at) = 'text' AND +chain_type COLLATE BINARY = 'facilitator'
), {dates("texts")},
readable(c, since) AS MATERIALIZED (SELECT id, since FROM dated WHERE since IS NOT NULL),
{comment("Since when a marker has to count for the facilitators with an ambiguous address, if all their dates can be read.")}
needed(address, since) AS MATERIALIZED (
  SELECT f.owner_address, min(d.since)
  FROM main.facilitators f {readable("f.created_at")}
  WHERE typeof(f.owner_address) = 'text' AND f.owner_address COLLATE BINARY IN (SELECT address FROM ambiguous)
  GROUP BY f.owner_address COLLATE BINARY HAVING count(*) = count(d.since)
), {comment("Of these, one that some user's marker covers, or all of whose users are enrolled, needs nothing done.")}
settled(address) AS MATERIALIZED (
  SELECT k.address
  FROM candidates k {readable("k.since")}
    LEFT JOIN needed n ON n.address = k.address COLLATE BINARY
  GROUP BY k.address COLLATE BINARY HAVING min(k.is_enrolled) = 1 OR max(coalesce(d.since <= n.since, 0)) = 1
), {comment("The facilitators of those who have no marker, whether their dates can be read, and whether another row is in the marker's place.")}
owned(id, is_taken, facilitator_id, c, is_readable) AS MATERIALIZED (
  SELECT e.id, {is_taken("e.id")}, f.id, f.created_at,
    typeof(f.created_at) = 'text' AND f.created_at COLLATE BINARY IN (SELECT c FROM readable)
  FROM unenrolled e JOIN meant m ON m.id = e.id COLLATE BINARY
    {THEIR_FACILITATORS}
  WHERE typeof(f.owner_address) = 'text'
), {comment("Where one of the dates can't be read, that comes first.")}
reasons(reason) AS (VALUES ('unreadable_date'), ('refused')),
left_out(reason, owner_address, user_id, is_enrolled, facilitator_id, created_at) AS (
  SELECT 'unknown_user', u.address, NULL, NULL, NULL, NULL FROM unknown u
  UNION ALL
  SELECT 'ambiguous_user', k.address, k.id, k.is_enrolled, NULL, NULL
  FROM candidates k WHERE k.address NOT IN (SELECT address FROM settled)
  UNION ALL
  SELECT x.reason, NULL, o.id, 0, CASE x.reason WHEN 'refused' THEN NULL ELSE o.facilitator_id END,
    CASE x.reason WHEN 'refused' THEN NULL ELSE o.c END
  FROM owned o CROSS JOIN reasons x
  WHERE CASE x.reason WHEN 'refused' THEN o.is_taken ELSE NOT o.is_readable END
  GROUP BY x.reason, o.id COLLATE BINARY, CASE x.reason WHEN 'refused' THEN NULL ELSE o.facilitator_id END,
    CASE x.reason WHEN 'refused' THEN NULL ELSE o.c END
  HAVING x.reason = 'unreadable_date' OR min(o.is_readable)
)
SELECT reason, owner_address, user_id, is_enrolled, facilitator_id, created_at FROM left_out
ORDER BY reason, owner_address COLLATE BINARY, user_id COLLATE BINARY, facilitator_id COLLATE BINARY
"""
