CREATE TRIGGER main.facilitator_markers_enroll AFTER INSERT ON facilitators
BEGIN
/* Enrolls the owner of the new facilitator as a backfill would now. A trigger reads no clock: verified_at is the enrollment date. */
INSERT INTO reward_addresses
  (id, user_id, chain_type, address, verification_status, verified_at, created_at)
WITH /* The users who own a facilitator and have no marker, the id in lower case, and whether one is owned under that. */
unenrolled(id, folded, is_owned_folded) AS MATERIALIZED (
  SELECT u.id, lower(u.id), lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM facilitators)
  FROM (
    SELECT id FROM "user"
    WHERE id = new.owner_address AND id = new.owner_address COLLATE BINARY AND id <> lower(id) COLLATE BINARY
    UNION ALL
    SELECT id FROM "user" WHERE lower(id) = new.owner_address COLLATE BINARY
  ) u
  WHERE typeof(u.id) = 'text' AND typeof(new.owner_address) = 'text'
    AND (lower(u.id) COLLATE BINARY IN (SELECT owner_address FROM facilitators)
      OR u.id COLLATE BINARY IN (SELECT owner_address FROM facilitators))
    AND NOT EXISTS (SELECT 1 FROM reward_addresses r
    WHERE r.user_id = u.id AND r.user_id = u.id COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator')
), /* What more than one user could be meant by. Nobody looks for them where nothing is owned so. */
ambiguous(folded) AS MATERIALIZED (
  SELECT lower(v.id) FROM (SELECT 1 FROM unenrolled WHERE is_owned_folded LIMIT 1) CROSS JOIN "user" v
  WHERE lower(v.id) IN (SELECT folded FROM unenrolled WHERE is_owned_folded) AND typeof(v.id) = 'text'
  GROUP BY lower(v.id) HAVING count(*) > 1
), /* The addresses that mean a user for sure: the id, and the id in lower case. */
meaning(address, id) AS MATERIALIZED (
  SELECT folded, id FROM unenrolled WHERE folded NOT IN (SELECT folded FROM ambiguous)
  UNION ALL
  SELECT id, id FROM unenrolled WHERE folded NOT IN (SELECT folded FROM ambiguous) AND id <> folded COLLATE BINARY
), /* Their facilitators. */
owned(id, c) AS (
  SELECT m.id, f.created_at FROM meaning m CROSS JOIN facilitators f ON f.owner_address = m.address
  WHERE f.owner_address = m.address COLLATE BINARY AND typeof(f.owner_address) = 'text'
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
SELECT 'FACILITATOR_OWNER:' || id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', min(since), min(since)
/* A SELECT before ON CONFLICT has to have a WHERE. */
FROM dated WHERE true
/* Where one date can't be read, it may be the earliest. */
GROUP BY id COLLATE BINARY HAVING count(*) = count(since)
ON CONFLICT (id) DO NOTHING
ON CONFLICT (user_id, address) DO NOTHING
ON CONFLICT DO NOTHING;
END
