INSERT INTO main.reward_addresses
  (id, user_id, chain_type, address, verification_status, verified_at, created_at)
/* Enrolls a user who has no marker. Values: the user's id, and the clock's reading in UTC, YYYY-MM-DD HH:MM:SS. */
WITH given(user_id, clock) AS (SELECT ?, ?),
/* The user with exactly this id, byte for byte. */
exact(id) AS (
  SELECT u.id FROM given g CROSS JOIN main."user" u
  WHERE u.id = g.user_id AND u.id = g.user_id COLLATE BINARY AND typeof(u.id) = 'text'
), /* If there is none, the users whose id differs from it in the case of A to Z alone: nobody looks for them otherwise. */
alike(id) AS (
  SELECT u.id FROM (SELECT user_id FROM given WHERE NOT EXISTS (SELECT 1 FROM exact)) g CROSS JOIN main."user" u
  WHERE lower(u.id) = lower(g.user_id) AND typeof(u.id) = 'text'
), /* Who is meant: if several are alike, nobody is. */
named(id) AS (
  SELECT id FROM exact
  UNION ALL
  SELECT min(id) FROM alike GROUP BY lower(id) HAVING count(*) = 1
), /* The user's facilitators: those whose owner_address is the id, or the id in lower case. */
owned(id, c) AS (
  SELECT n.id, f.created_at FROM named n CROSS JOIN main.facilitators f ON f.owner_address IN (n.id, lower(n.id))
  WHERE typeof(f.owner_address) = 'text'
    AND (f.owner_address = n.id COLLATE BINARY OR f.owner_address = lower(n.id) COLLATE BINARY)
), /* Each date: a day, then a time or nothing, then a zone or nothing. What is NULL from here on is unreadable. */
begun(id, c) AS MATERIALIZED (
  SELECT id, CASE
    WHEN typeof(c) = 'text' AND instr(c, char(0)) = 0 AND c GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*' THEN c END
  FROM owned
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
)
SELECT 'FACILITATOR_OWNER:' || id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', (SELECT clock FROM given), min(since)
FROM dated
WHERE NOT EXISTS (SELECT 1 FROM main.reward_addresses r
    WHERE r.user_id = dated.id AND r.user_id = dated.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator')
/* Where one date can't be read, it may be the earliest. */
GROUP BY id COLLATE BINARY HAVING count(*) = count(since)
ON CONFLICT (id) DO NOTHING
ON CONFLICT (user_id, address) DO NOTHING
ON CONFLICT DO NOTHING
