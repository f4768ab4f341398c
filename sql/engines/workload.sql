-- What each engine is tried with: 8,000 users, 6,000 facilitators and 2,400 rows of reward_addresses, the same wherever it runs.
-- `hash` stands for chance. One facilitator in ten means no user, some mean several, some have dates in other forms or none.
-- The tables are those of tests/host/schema.sql. Each statement ends a line with its semicolon.

CREATE TABLE numbers (n INTEGER PRIMARY KEY, hash INTEGER NOT NULL);

INSERT INTO numbers
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < 7999)
SELECT n, (n * 2654435761 + 40503) % 4294967291 FROM counted;

-- One in a hundred differs from the one before in case only; some have letters, quotes or wildcards that are easily mistaken.
INSERT INTO "user" (id, name, email)
SELECT CASE
    WHEN n % 100 = 99 THEN upper(printf('Kq%08xwZr%010dYeBvTxMi', (SELECT hash FROM numbers b WHERE b.n = a.n - 1), n - 1))
    WHEN n % 200 = 3 THEN 'o''Brien' || n
    WHEN n % 200 = 5 THEN 'a"B%_z' || n
    WHEN n % 200 = 7 THEN 'Ünïcode' || n
    WHEN n % 200 = 9 THEN 'İstanbul' || n
    WHEN n % 200 = 11 THEN 'ΣίσυφοςÀ' || n
    ELSE printf('Kq%08xwZr%010dYeBvTxMi', hash, n)
  END, 'Somebody', n || '@example.org'
FROM numbers a;

INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
SELECT 'f' || n, 'Pay', 's' || n,
  CASE
    WHEN hash % 10 = 0 THEN 'gone' || hash
    WHEN hash % 10 = 1 THEN owner
    WHEN hash % 100 = 2 THEN upper(owner)
    ELSE lower(owner)
  END,
  CASE WHEN hash % 97 = 5 THEN CAST('2026-01-01' AS BLOB) WHEN hash % 97 = 6 THEN '2026-01-01' || char(0)
  ELSE printf('20%02d-%02d-%02d', 20 + hash % 7, 1 + hash / 7 % 12, 1 + hash / 84 % 28) || CASE hash / 3 % 16
      WHEN 0 THEN ''
      WHEN 1 THEN 'T10:30:00Z'
      WHEN 2 THEN 'T10:30:00.125Z'
      WHEN 3 THEN ' 01:15'
      WHEN 4 THEN ' 01:15:59.999 +02:00'
      WHEN 5 THEN 't23:45:00-0330'
      WHEN 6 THEN 'T23:45:00+14'
      WHEN 7 THEN CASE hash % 5 WHEN 0 THEN ' 24:00:00' WHEN 1 THEN 'Z' WHEN 2 THEN ' ' ELSE ' 08:00:00' END
      ELSE printf(' %02d:%02d:%02d', hash % 24, hash % 60, hash % 59)
    END
  END
FROM (
  SELECT a.n, a.hash, (SELECT u.id FROM "user" u WHERE u.email = (a.n % 4500 * 3 % 8000) || '@example.org') AS owner
  FROM numbers a WHERE a.n < 6000
);

-- Wallets; markers that are there, under the library's name and under others; and wallets in a marker's place.
INSERT INTO reward_addresses (id, user_id, chain_type, address, verification_status, verified_at, created_at)
SELECT CASE WHEN n % 400 = 20 THEN 'FACILITATOR_OWNER:' || id ELSE 'r' || n END, id,
  CASE WHEN n % 50 = 1 THEN 'facilitator' ELSE 'evm' END,
  CASE WHEN n % 100 = 1 OR n % 400 = 40 THEN 'FACILITATOR_OWNER:' || id ELSE printf('0x%040x', hash) END,
  CASE WHEN n % 3 = 0 THEN 'pending' ELSE 'verified' END, NULL, '2025-06-01 00:00:00'
FROM (SELECT a.n, a.hash, u.id FROM numbers a JOIN "user" u ON u.email = a.n || '@example.org' WHERE a.n % 20 IN (0, 1, 2, 3, 4, 5));

DROP TABLE numbers;
