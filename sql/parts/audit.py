"""audit.sql: what is wrong with the markers that are there."""

from .comment import comment
from .dates import dates, readable
from .markers import first_marker
from .meant import MEANT, THEIR_FACILITATORS


def literal(value: str) -> str:
    """The value as SQL writes it. quote() stops at a NUL."""
    return f"""CASE WHEN typeof({value}) = 'text' AND instr({value}, char(0))
          THEN 'CAST(x' || quote(hex({value})) || ' AS TEXT)' ELSE quote({value}) END"""


JUDGED = f"""{comment("The markers, with the user whom each names.")}
markers(id, user_id, address, verification_status, verified_at, created_at, owner) AS MATERIALIZED (
  SELECT r.id, r.user_id, r.address, r.verification_status, r.verified_at, r.created_at, u.id
  FROM main.reward_addresses r LEFT JOIN main."user" u
    ON u.id = r.user_id AND u.id = r.user_id COLLATE BINARY AND typeof(u.id) = 'text' AND typeof(r.user_id) = 'text'
  WHERE +r.chain_type COLLATE BINARY = 'facilitator'
), {comment("Each distinct date, which is dated once.")}
texts(id, c) AS (
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'
  UNION
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM markers WHERE typeof(created_at) = 'text'
), {dates("texts")},
readable(c, since) AS MATERIALIZED (SELECT id, since FROM dated WHERE since IS NOT NULL),
{comment("Each owner's enrollment date. None is known where a date can't be read, or a facilitator could be another user's.")}
owners(id, since) AS MATERIALIZED (
  SELECT m.id,
    CASE WHEN count(*) = count(d.since) AND m.id COLLATE BINARY NOT IN (SELECT id FROM unclear) THEN min(d.since) END
  FROM meant m {THEIR_FACILITATORS}
    {readable("f.created_at")}
  WHERE typeof(f.owner_address) = 'text'
  GROUP BY m.id COLLATE BINARY
), {comment("Of several markers of a user, the library goes by the one with the marker's address, else by that with the lowest id.")}
placed AS MATERIALIZED (
  SELECT k.*, d.since AS dated, o.since, o.id IS NOT NULL AS is_owner, o.id IS NOT NULL AND o.since IS NULL AS is_unclear,
    {first_marker("id", "k.owner")} AS first_id
  FROM markers k {readable("k.created_at")}
    LEFT JOIN owners o ON o.id = k.owner COLLATE BINARY
), {comment("The users whose id no other user's id differs from in case alone.")}
unlike(folded, id) AS MATERIALIZED (
  SELECT lower(u.id), min(u.id) FROM main."user" u WHERE typeof(u.id) = 'text' GROUP BY lower(u.id) HAVING count(*) = 1
), {comment("Whether that is this one, the date to which a repair sets it, which is never later than it is, and what is right already.")}
judged AS MATERIALIZED (
  SELECT *, owner IS NOT NULL AND id IS first_id COLLATE BINARY AS is_first,
    min(coalesce(since, dated), coalesce(dated, since)) AS right_date,
    typeof(created_at) = 'text' AND dated IS NOT NULL AND created_at = dated COLLATE BINARY AS is_in_form,
    typeof(verification_status) = 'text' AND verification_status = 'verified' COLLATE BINARY AS is_verified
  FROM placed
), {comment("Each thing that can be wrong.")}
kinds(name) AS (
  VALUES ('orphan'), ('duplicate'), ('not_an_owner'), ('dated_late'), ('dated_early'), ('date_form'), ('not_verified')
), {comment("What is wrong, and what a repair would do about it.")}
findings AS MATERIALIZED (
  SELECT j.*, k.name,
    CASE WHEN k.name IN ('orphan', 'duplicate') THEN 'statement'
      WHEN k.name IN ('not_an_owner', 'dated_early') THEN 'nothing'
      WHEN j.is_unclear THEN 'withheld'
      WHEN k.name <> 'not_verified' AND j.right_date IS NULL THEN 'nothing'
      ELSE 'repair' END AS mend
  FROM judged j CROSS JOIN kinds k
  WHERE CASE k.name
    WHEN 'orphan' THEN j.owner IS NULL
    WHEN 'duplicate' THEN j.owner IS NOT NULL AND NOT j.is_first
    ELSE j.is_first AND CASE k.name
      WHEN 'not_an_owner' THEN NOT j.is_owner
      WHEN 'dated_late' THEN j.dated > j.since
      WHEN 'dated_early' THEN j.dated < j.since
      WHEN 'date_form' THEN NOT j.is_in_form
      ELSE NOT j.is_verified END
    END
)"""

AUDIT = f"""{comment("What is wrong with the markers that are there, and the statement that mends it. mend: repair is what a repair does,")}
{comment("statement is for the host to decide, withheld waits until each facilitator's owner and date is clear. The placeholder in the")}
{comment("statement of not_verified is for the clock's reading in UTC, YYYY-MM-DD HH:MM:SS.")}
WITH {MEANT},
{JUDGED}
SELECT f.name, f.id AS marker_id, f.user_id, f.address, f.verification_status, f.verified_at, f.created_at,
  CASE WHEN f.name IN ('dated_late', 'dated_early') THEN f.since END AS enrollment_date,
  CASE WHEN f.name = 'duplicate' THEN f.first_id END AS other_marker_id,
  CASE WHEN f.name = 'orphan' THEN n.id END AS same_fold,
  f.mend,
  CASE WHEN f.mend = 'repair' THEN CASE f.name WHEN 'not_verified' THEN 'verification_status' ELSE 'created_at' END END AS "column",
  CASE WHEN f.mend = 'repair' THEN CASE f.name WHEN 'not_verified' THEN 'verified' ELSE f.right_date END END AS value,
  CASE
    WHEN f.mend = 'statement' THEN
      'DELETE FROM main.reward_addresses WHERE id IS ' || {literal("f.id")}
        || ' AND user_id IS ' || {literal("f.user_id")}
        || ' AND address IS ' || {literal("f.address")}
        || ' AND chain_type = ''facilitator'''
    WHEN f.mend = 'repair' THEN
      'UPDATE main.reward_addresses SET ' || CASE f.name
          WHEN 'not_verified' THEN 'verification_status = ''verified'', verified_at = coalesce(verified_at, ' || char(63) || ')'
          ELSE 'created_at = ' || quote(f.right_date) END
        || ' WHERE id IS ' || {literal("f.id")}
        || ' COLLATE BINARY AND user_id IS ' || {literal("f.user_id")}
        || ' COLLATE BINARY AND address IS ' || {literal("f.address")}
        || ' COLLATE BINARY AND chain_type = ''facilitator'' AND ' || CASE f.name
          WHEN 'not_verified' THEN 'verification_status IS ' || {literal("f.verification_status")}
          ELSE 'created_at IS ' || {literal("f.created_at")} END || ' COLLATE BINARY' END AS statement
FROM findings f LEFT JOIN unlike n ON n.folded = lower(f.user_id) AND typeof(f.user_id) = 'text'
ORDER BY f.user_id COLLATE BINARY, f.id COLLATE BINARY, f.name
"""
