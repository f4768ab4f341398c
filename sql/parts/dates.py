"""Reading dates, without a date function: these are left out of some engines, and refused in others' writes."""

from .comment import comment

DIGIT = "[0-9]"
ZONE_HOURS = "[-+][01][0-9]"
DAYS_OF_MONTHS = "'312831303130313130313031'"
IS_LEAP_YEAR = "(y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0))"


def dates(source: str) -> str:
    """From source(id, c), c being a date as the host has it, to dated(id, since): since is NULL where c can't be read."""
    return f"""{comment("Each date: a day, then a time or nothing, then a zone or nothing. What is NULL from here on is unreadable.")}
begun(id, c) AS MATERIALIZED (
  SELECT id, CASE
    WHEN typeof(c) = 'text' AND instr(c, char(0)) = 0 AND c GLOB '{DIGIT * 4}-[01]{DIGIT}-[0-3]{DIGIT}*' THEN c END
  FROM {source}
), {comment("The minute of the day, and what follows it.")}
timed(id, y, mo, d, minute, rest) AS (
  SELECT id, substr(c, 1, 4) + 0, substr(c, 6, 2) + 0, substr(c, 9, 2) + 0,
    CASE WHEN length(c) = 10 THEN 0
      WHEN substr(c, 11) GLOB '[ Tt][0-2]{DIGIT}:[0-5]{DIGIT}*' AND substr(c, 12, 2) < '24'
        THEN substr(c, 12, 2) * 60 + substr(c, 15, 2) END,
    substr(c, 17)
  FROM begun
), {comment("The second, its fraction cut off, and what follows.")}
to_the_second(id, y, mo, d, minute, second, rest) AS (
  SELECT id, y, mo, d, minute,
    CASE WHEN rest GLOB ':[0-5]{DIGIT}*' THEN substr(rest, 2, 2) ELSE '00' END,
    CASE WHEN rest GLOB ':[0-5]{DIGIT}.{DIGIT}*' THEN ltrim(substr(rest, 5), '0123456789')
      WHEN rest GLOB ':[0-5]{DIGIT}*' THEN substr(rest, 4) ELSE rest END
  FROM timed
), {comment("The zone, which one space may precede.")}
zoned(id, y, mo, d, minute, second, rest, zone) AS MATERIALIZED (
  SELECT id, y, mo, d, minute, second, rest, CASE WHEN substr(rest, 1, 1) = ' ' THEN substr(rest, 2) ELSE rest END
  FROM to_the_second
), {comment("The minute in UTC, counted from the midnight before: below 1440 it is the day before, from 2880 on the day after.")}
{comment("And how many days the month has, and the month before.")}
shifted(id, y, mo, d, minute, second, days, days_before) AS (
  SELECT id, y, mo, d, 1440 + minute - CASE
      WHEN rest = '' OR zone IN ('Z', 'z') THEN 0
      WHEN (zone GLOB '{ZONE_HOURS}' OR zone GLOB '{ZONE_HOURS}[0-5]{DIGIT}' OR zone GLOB '{ZONE_HOURS}:[0-5]{DIGIT}')
          AND substr(zone, 2, 2) < '15'
        THEN (substr(zone, 1, 1) || '1') * (substr(zone, 2, 2) * 60 + CASE length(zone) WHEN 3 THEN 0 ELSE substr(zone, -2) END)
      END,
    second,
    substr({DAYS_OF_MONTHS}, mo * 2 - 1, 2) + (mo = 2 AND {IS_LEAP_YEAR}),
    substr({DAYS_OF_MONTHS}, mo * 2 - 3, 2) + (mo = 3 AND {IS_LEAP_YEAR})
  FROM zoned
), {comment("The day in UTC, as a number of eight digits.")}
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
)"""


def readable(column: str) -> str:
    """Joins readable(c, since), the texts that can be read, to a date as the host has it."""
    return f"LEFT JOIN readable d ON d.c = {column} COLLATE BINARY AND typeof({column}) = 'text'"
