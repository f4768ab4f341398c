/* What is wrong with the markers that are there, and the statement that mends it. mend: repair is what a repair does, */
/* statement is for the host to decide, withheld waits until each facilitator's owner and date is clear. The placeholder in the */
/* statement of not_verified is for the clock's reading in UTC, YYYY-MM-DD HH:MM:SS. */
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
/* The markers, with the user whom each names. */
markers(id, user_id, address, verification_status, verified_at, created_at, owner) AS MATERIALIZED (
  SELECT r.id, r.user_id, r.address, r.verification_status, r.verified_at, r.created_at, u.id
  FROM main.reward_addresses r LEFT JOIN main."user" u
    ON u.id = r.user_id AND u.id = r.user_id COLLATE BINARY AND typeof(u.id) = 'text' AND typeof(r.user_id) = 'text'
  WHERE +r.chain_type COLLATE BINARY = 'facilitator'
), /* Each distinct date, which is dated once. */
texts(id, c) AS (
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM main.facilitators WHERE typeof(created_at) = 'text'
  UNION
  SELECT created_at COLLATE BINARY, created_at COLLATE BINARY FROM markers WHERE typeof(created_at) = 'text'
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
/* Each owner's enrollment date. None is known where a date can't be read, or a facilitator could be another user's. */
owners(id, since) AS MATERIALIZED (
  SELECT m.id,
    CASE WHEN count(*) = count(d.since) AND m.id COLLATE BINARY NOT IN (SELECT id FROM unclear) THEN min(d.since) END
  FROM meant m JOIN main.facilitators f ON f.owner_address = m.address AND f.owner_address = m.address COLLATE BINARY
    LEFT JOIN readable d ON d.c = f.created_at COLLATE BINARY AND typeof(f.created_at) = 'text'
  WHERE typeof(f.owner_address) = 'text'
  GROUP BY m.id COLLATE BINARY
), /* Of several markers of a user, the library goes by the one with the marker's address, else by that with the lowest id. */
placed AS MATERIALIZED (
  SELECT k.*, d.since AS dated, o.since, o.id IS NOT NULL AS is_owner, o.id IS NOT NULL AND o.since IS NULL AS is_unclear,
    CASE WHEN EXISTS (SELECT r.id FROM main.reward_addresses r WHERE r.user_id = k.owner AND r.user_id = k.owner COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' AND r.address = 'FACILITATOR_OWNER:' || k.owner COLLATE BINARY)
      THEN (SELECT r.id FROM main.reward_addresses r WHERE r.user_id = k.owner AND r.user_id = k.owner COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' AND r.address = 'FACILITATOR_OWNER:' || k.owner COLLATE BINARY)
      ELSE (SELECT r.id FROM main.reward_addresses r WHERE r.user_id = k.owner AND r.user_id = k.owner COLLATE BINARY AND +r.chain_type COLLATE BINARY = 'facilitator' ORDER BY r.id COLLATE BINARY LIMIT 1) END AS first_id
  FROM markers k LEFT JOIN readable d ON d.c = k.created_at COLLATE BINARY AND typeof(k.created_at) = 'text'
    LEFT JOIN owners o ON o.id = k.owner COLLATE BINARY
), /* The users whose id no other user's id differs from in case alone. */
unlike(folded, id) AS MATERIALIZED (
  SELECT lower(u.id), min(u.id) FROM main."user" u WHERE typeof(u.id) = 'text' GROUP BY lower(u.id) HAVING count(*) = 1
), /* Whether that is this one, the date to which a repair sets it, which is never later than it is, and what is right already. */
judged AS MATERIALIZED (
  SELECT *, owner IS NOT NULL AND id IS first_id COLLATE BINARY AS is_first,
    min(coalesce(since, dated), coalesce(dated, since)) AS right_date,
    typeof(created_at) = 'text' AND dated IS NOT NULL AND created_at = dated COLLATE BINARY AS is_in_form,
    typeof(verification_status) = 'text' AND verification_status = 'verified' COLLATE BINARY AS is_verified
  FROM placed
), /* Each thing that can be wrong. */
kinds(name) AS (
  VALUES ('orphan'), ('duplicate'), ('not_an_owner'), ('dated_late'), ('dated_early'), ('date_form'), ('not_verified')
), /* What is wrong, and what a repair would do about it. */
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
)
SELECT f.name, f.id AS marker_id, f.user_id, f.address, f.verification_status, f.verified_at, f.created_at,
  CASE WHEN f.name IN ('dated_late', 'dated_early') THEN f.since END AS enrollment_date,
  CASE WHEN f.name = 'duplicate' THEN f.first_id END AS other_marker_id,
  CASE WHEN f.name = 'orphan' THEN n.id END AS same_fold,
  f.mend,
  CASE WHEN f.mend = 'repair' THEN CASE f.name WHEN 'not_verified' THEN 'verification_status' ELSE 'created_at' END END AS "column",
  CASE WHEN f.mend = 'repair' THEN CASE f.name WHEN 'not_verified' THEN 'verified' ELSE f.right_date END END AS value,
  CASE
    WHEN f.mend = 'statement' THEN
      'DELETE FROM main.reward_addresses WHERE id IS ' || CASE WHEN typeof(f.id) = 'text' AND instr(f.id, char(0))
          THEN 'CAST(x' || quote(hex(f.id)) || ' AS TEXT)' ELSE quote(f.id) END
        || ' AND user_id IS ' || CASE WHEN typeof(f.user_id) = 'text' AND instr(f.user_id, char(0))
          THEN 'CAST(x' || quote(hex(f.user_id)) || ' AS TEXT)' ELSE quote(f.user_id) END
        || ' AND address IS ' || CASE WHEN typeof(f.address) = 'text' AND instr(f.address, char(0))
          THEN 'CAST(x' || quote(hex(f.address)) || ' AS TEXT)' ELSE quote(f.address) END
        || ' AND chain_type = ''facilitator'''
    WHEN f.mend = 'repair' THEN
      'UPDATE main.reward_addresses SET ' || CASE f.name
          WHEN 'not_verified' THEN 'verification_status = ''verified'', verified_at = coalesce(verified_at, ' || char(63) || ')'
          ELSE 'created_at = ' || quote(f.right_date) END
        || ' WHERE id IS ' || CASE WHEN typeof(f.id) = 'text' AND instr(f.id, char(0))
          THEN 'CAST(x' || quote(hex(f.id)) || ' AS TEXT)' ELSE quote(f.id) END
        || ' COLLATE BINARY AND user_id IS ' || CASE WHEN typeof(f.user_id) = 'text' AND instr(f.user_id, char(0))
          THEN 'CAST(x' || quote(hex(f.user_id)) || ' AS TEXT)' ELSE quote(f.user_id) END
        || ' COLLATE BINARY AND address IS ' || CASE WHEN typeof(f.address) = 'text' AND instr(f.address, char(0))
          THEN 'CAST(x' || quote(hex(f.address)) || ' AS TEXT)' ELSE quote(f.address) END
        || ' COLLATE BINARY AND chain_type = ''facilitator'' AND ' || CASE f.name
          WHEN 'not_verified' THEN 'verification_status IS ' || CASE WHEN typeof(f.verification_status) = 'text' AND instr(f.verification_status, char(0))
          THEN 'CAST(x' || quote(hex(f.verification_status)) || ' AS TEXT)' ELSE quote(f.verification_status) END
          ELSE 'created_at IS ' || CASE WHEN typeof(f.created_at) = 'text' AND instr(f.created_at, char(0))
          THEN 'CAST(x' || quote(hex(f.created_at)) || ' AS TEXT)' ELSE quote(f.created_at) END END || ' COLLATE BINARY' END AS statement
FROM findings f LEFT JOIN unlike n ON n.folded = lower(f.user_id) AND typeof(f.user_id) = 'text'
ORDER BY f.user_id COLLATE BINARY, f.id COLLATE BINARY, f.name
