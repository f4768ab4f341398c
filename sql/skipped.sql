/* Whom a backfill would leave out now, and why: a row for each thing to look at. */
/* unknown_user: the address that means nobody. ambiguous_user: the address, with each user whom it could mean. */
/* unreadable_date: the owner, with each facilitator to mend. refused: the owner in whose marker's place another row is. */
WITH /* The addresses that can mean more than one user: ids in lower case that several have. */
ambiguous(address) AS MATERIALIZED (
  SELECT lower(u.id) FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM main.facilitators WHERE typeof(owner_address) = 'text')
  GROUP BY lower(u.id) HAVING count(*) > 1
), /* The users whom one of these could mean, who are left alone whatever else is theirs. */
unclear(id) AS MATERIALIZED (
  SELECT u.id COLLATE BINARY FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) IN (SELECT address FROM ambiguous)
), /* The users whom an owner_address can mean: those whose id it is, in lower case or as it stands. */
meant(address, id) AS MATERIALIZED (
  SELECT lower(u.id), u.id FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM main.facilitators WHERE typeof(owner_address) = 'text')
  UNION ALL
  SELECT u.id COLLATE BINARY, u.id FROM main."user" u
  WHERE typeof(u.id) = 'text' AND u.id <> lower(u.id) COLLATE BINARY AND u.id COLLATE BINARY IN (SELECT owner_address FROM main.facilitators WHERE typeof(owner_address) = 'text')
),
/* Each distinct owner_address that means nobody. */
unknown(address) AS MATERIALIZED (
  SELECT DISTINCT owner_address COLLATE BINARY FROM main.facilitators
  WHERE typeof(owner_address) <> 'text' OR owner_address COLLATE BINARY NOT IN (SELECT address FROM meant)
),
/* The users to whom a facilitator belongs and no ambiguous one could. */
owners(id) AS MATERIALIZED (
  SELECT DISTINCT id COLLATE BINARY FROM meant WHERE id COLLATE BINARY NOT IN (SELECT id FROM unclear)
),
/* Those of them who have no marker. */
unenrolled(id) AS MATERIALIZED (SELECT o.id FROM owners o WHERE NOT EXISTS (SELECT 1 FROM main.reward_addresses r
    WHERE r.user_id = o.id AND r.user_id = o.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator')),
/* The marker of each user whom an ambiguous address could mean: the one with the marker's address, else that with the lowest id. */
candidates(address, id, is_enrolled, since) AS MATERIALIZED (
  SELECT lower(u.id), u.id,
    EXISTS (SELECT 1 FROM main.reward_addresses r WHERE r.user_id = u.id AND r.user_id = u.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator'),
    CASE WHEN EXISTS (SELECT r.created_at FROM main.reward_addresses r WHERE r.user_id = u.id AND r.user_id = u.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' AND r.address = 'FACILITATOR_OWNER:' || u.id COLLATE BINARY)
      THEN (SELECT r.created_at FROM main.reward_addresses r WHERE r.user_id = u.id AND r.user_id = u.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' AND r.address = 'FACILITATOR_OWNER:' || u.id COLLATE BINARY)
      ELSE (SELECT r.created_at FROM main.reward_addresses r WHERE r.user_id = u.id AND r.user_id = u.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' ORDER BY r.id COLLATE BINARY LIMIT 1) END
  FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) IN (SELECT address FROM ambiguous)
), /* Each distinct date, which is dated once. */
texts(id, c) AS (
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'
  UNION
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.reward_addresses
  WHERE typeof(created_at) = 'text' AND +chain_type COLLATE BINARY = 'facilitator'
), /* Each date: a day, then a time or nothing, then a zone or nothing. What is NULL from here on is unreadable. */
begun(id, c) AS MATERIALIZED (
  SELECT id, CASE
    WHEN typeof(c) = 'text' AND instr(c, char(0)) = 0 AND c GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*' THEN c END
  FROM texts
), /* The minute of the day, and what follows it. */
timed(id, y, mo, d, minute, rest) AS (
  SELECT id, substr(c, 1, 4) + 0, substr(c, 6, 2) + 0, substr(c, 9, 2) + 0,
    CASE WHEN length(c) = 10 THEN 0
      WHEN substr(c, 11) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]*' AND substr(c, 12, 2) < '24'
        THEN substr(c, 12, 2) * 60 + substr(c, 15, 2) END,
    substr(c, 17)
  FROM begun
), /* The second, its fraction cut off, and what follows. */
to_the_second(id, y, mo, d, minute, second, rest) AS (
  SELECT id, y, mo, d, minute,
    CASE WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 2, 2) ELSE '00' END,
    CASE WHEN rest GLOB ':[0-5][0-9].[0-9]*' THEN ltrim(substr(rest, 5), '0123456789')
      WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 4) ELSE rest END
  FROM timed
), /* The zone, which one space may precede. */
zoned(id, y, mo, d, minute, second, rest, zone) AS MATERIALIZED (
  SELECT id, y, mo, d, minute, second, rest, CASE WHEN substr(rest, 1, 1) = ' ' THEN substr(rest, 2) ELSE rest END
  FROM to_the_second
), /* The minute in UTC, counted from the midnight before: below 1440 it is the day before, from 2880 on the day after. */
/* And how many days the month has, and the month before. */
shifted(id, y, mo, d, minute, second, days, days_before) AS (
  SELECT id, y, mo, d, 1440 + minute - CASE
      WHEN rest = '' OR zone IN ('Z', 'z') THEN 0
      WHEN (zone GLOB '[-+][01][0-9]' OR zone GLOB '[-+][01][0-9][0-5][0-9]' OR zone GLOB '[-+][01][0-9]:[0-5][0-9]')
          AND substr(zone, 2, 2) < '15'
        THEN (substr(zone, 1, 1) || '1') * (substr(zone, 2, 2) * 60 + CASE length(zone) WHEN 3 THEN 0 ELSE substr(zone, -2) END)
      END,
    second,
    substr('312831303130313130313031', mo * 2 - 1, 2) + (mo = 2 AND (y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0))),
    substr('312831303130313130313031', mo * 2 - 3, 2) + (mo = 3 AND (y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)))
  FROM zoned
), /* The day in UTC, as a number of eight digits. */
moved(id, n, minute, second) AS MATERIALIZED (
  SELECT id,
    CASE WHEN mo NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND days THEN NULL
      WHEN minute BETWEEN 1440 AND 2879 THEN y * 10000 + mo * 100 + d
      WHEN minute > 2879 AND d < days THEN y * 10000 + mo * 100 + d + 1
      WHEN minute > 2879 AND mo < 12 THEN y * 10000 + mo * 100 + 101
      WHEN minute > 2879 THEN y * 10000 + 10101
      WHEN d > 1 THEN y * 10000 + mo * 100 + d - 1
      WHEN mo > 1 THEN y * 10000 + mo * 100 - 100 + days_before
      ELSE y * 10000 - 8769 END,
    minute % 1440, second
  FROM shifted
), dated(id, since) AS (
  SELECT id, CASE WHEN n BETWEEN 10101 AND 99991231 AND minute IS NOT NULL
    THEN printf('%04d-%02d-%02d %02d:%02d:', n / 10000, n / 100 % 100, n % 100, minute / 60, minute % 60) || second END
  FROM moved
),
readable(c, since) AS MATERIALIZED (SELECT id, since FROM dated WHERE since IS NOT NULL),
/* Since when a marker has to count for the facilitators with an ambiguous address, if all their dates can be read. */
needed(address, since) AS MATERIALIZED (
  SELECT f.owner_address, min(d.since)
  FROM main.facilitators f LEFT JOIN readable d ON d.c = f.created_at COLLATE BINARY AND typeof(f.created_at) = 'text'
  WHERE typeof(f.owner_address) = 'text' AND f.owner_address COLLATE BINARY IN (SELECT address FROM ambiguous)
  GROUP BY f.owner_address COLLATE BINARY HAVING count(*) = count(d.since)
), /* Of these, one that some user's marker covers, or all of whose users are enrolled, needs nothing done. */
settled(address) AS MATERIALIZED (
  SELECT k.address
  FROM candidates k LEFT JOIN readable d ON d.c = k.since COLLATE BINARY AND typeof(k.since) = 'text'
    LEFT JOIN needed n ON n.address = k.address COLLATE BINARY
  GROUP BY k.address COLLATE BINARY HAVING min(k.is_enrolled) = 1 OR max(coalesce(d.since <= n.since, 0)) = 1
), /* The facilitators of those who have no marker, whether their dates can be read, and whether another row is in the marker's place. */
owned(id, is_taken, facilitator_id, c, is_readable) AS MATERIALIZED (
  SELECT e.id, EXISTS (SELECT 1 FROM main.reward_addresses r WHERE r.id = 'FACILITATOR_OWNER:' || e.id)
    OR EXISTS (SELECT 1 FROM main.reward_addresses r WHERE r.user_id = e.id AND r.address = 'FACILITATOR_OWNER:' || e.id), f.id, f.created_at,
    typeof(f.created_at) = 'text' AND f.created_at COLLATE BINARY IN (SELECT c FROM readable)
  FROM unenrolled e JOIN meant m ON m.id = e.id COLLATE BINARY
    JOIN main.facilitators f ON f.owner_address = m.address AND f.owner_address = m.address COLLATE BINARY
  WHERE typeof(f.owner_address) = 'text'
), /* Where one of the dates can't be read, that comes first. */
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
