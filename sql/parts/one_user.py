"""ensure.sql and outcome.sql, which are about one user."""

from .comment import comment
from .dates import dates
from .markers import CONFLICT, HAS_READABLE_DATES, INSERT, is_marker_of, is_taken, marker_of, row

NAMED = f"""{comment("The user with exactly this id, byte for byte.")}
exact(id) AS (
  SELECT u.id FROM given g CROSS JOIN main."user" u
  WHERE u.id = g.user_id AND u.id = g.user_id COLLATE BINARY AND typeof(u.id) = 'text'
), {comment("If there is none, the users whose id differs from it in the case of A to Z alone: nobody looks for them otherwise.")}
alike(id) AS (
  SELECT u.id FROM (SELECT user_id FROM given WHERE NOT EXISTS (SELECT 1 FROM exact)) g CROSS JOIN main."user" u
  WHERE lower(u.id) = lower(g.user_id) AND typeof(u.id) = 'text'
), {comment("Who is meant: if several are alike, nobody is.")}
named(id) AS (
  SELECT id FROM exact
  UNION ALL
  SELECT min(id) FROM alike GROUP BY lower(id) HAVING count(*) = 1
), {comment("The user's facilitators: those whose owner_address is the id, or the id in lower case.")}
owned(id, c) AS (
  SELECT n.id, f.created_at FROM named n CROSS JOIN main.facilitators f ON f.owner_address IN (n.id, lower(n.id))
  WHERE typeof(f.owner_address) = 'text'
    AND (f.owner_address = n.id COLLATE BINARY OR f.owner_address = lower(n.id) COLLATE BINARY)
), {dates("owned")}"""

ENSURE = f"""{INSERT}
{comment("Enrolls a user who has no marker. Values: the user's id, and the clock's reading in UTC, YYYY-MM-DD HH:MM:SS.")}
WITH given(user_id, clock) AS (SELECT ?, ?),
{NAMED}
{row("id", "(SELECT clock FROM given)")}
FROM dated
WHERE NOT EXISTS ({marker_of("dated.id")})
{HAS_READABLE_DATES}
{CONFLICT}
"""

OUTCOME = f"""{comment("Why ensure.sql wrote nothing. Value: the user's id.")}
WITH given(user_id) AS (SELECT ?),
{NAMED}
SELECT CASE
  WHEN NOT EXISTS (SELECT 1 FROM named)
    THEN CASE WHEN EXISTS (SELECT 1 FROM alike) THEN 'ambiguous_user' ELSE 'unknown_user' END
  WHEN EXISTS (SELECT 1 FROM named n CROSS JOIN main.reward_addresses r
    WHERE {is_marker_of("n.id")})
    THEN 'already_enrolled'
  WHEN NOT EXISTS (SELECT 1 FROM owned) THEN 'not_an_owner'
  WHEN EXISTS (SELECT 1 FROM dated WHERE since IS NULL) THEN 'unreadable_date'
  WHEN EXISTS (SELECT 1 FROM named n WHERE {is_taken("n.id")})
    THEN 'refused'
  {comment("ensure.sql would write the marker now: somebody changed the tables in between, or a rule of the host's removed the row.")}
  ELSE 'due' END AS outcome
"""
