-- A platform with every kind of owner that a backfill meets. Amounts are in millionths of a USDC.

INSERT INTO "user" (id, name, email, createdAt) VALUES
    ('Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy', 'Ada',  'ada@example.org',  '2026-01-05T09:12:44.120Z'),
    ('pnqNxKbvkz0N0bOJdONXDOIovlYsUu1I', 'Ben',  'ben@example.org',  '2026-01-20T18:03:10.007Z'),
    ('0fGspaZTjdakZoro1uKAxen0eKsLw9sQ', 'Cleo', 'cleo@example.org', '2026-01-09T07:55:31.940Z'),
    -- Two ids that differ in case only.
    ('jBl7dwtHmqt8YJibAK7Za1LWvrKPgMXB', 'Dan',  'dan@example.org',  '2026-01-11T16:20:00.000Z'),
    ('JBl7dwtHmqt8YJibAK7Za1LWvrKPgMXb', 'Dina', 'dina@example.org', '2026-01-12T11:41:09.512Z'),
    ('BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB', 'Eve',  'eve@example.org',  '2026-01-15T20:30:27.333Z'),
    ('80aAPzKVPQsZP9qYO3nvXJvanD9gjypU', 'Finn', 'finn@example.org', '2026-02-02T08:00:59.871Z');

INSERT INTO reward_addresses (id, user_id, chain_type, address, verification_status, verified_at, created_at) VALUES
    ('w1', 'Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy', 'evm', '0x52a9f1c07be64d3389e0c5d7a41b6f20e98c3d15', 'verified',
     '2026-01-05 09:30:00', '2026-01-05 09:28:12'),
    ('w2', '80aAPzKVPQsZP9qYO3nvXJvanD9gjypU', 'solana', '7Hq2mW9xKcVtRb4LpYd8NsEaGu3JfTz6QoCkXhMvBw1P', 'pending',
     NULL, '2026-02-02 08:05:40'),
    -- Cleo was enrolled by hand, from February on.
    ('m1', '0fGspaZTjdakZoro1uKAxen0eKsLw9sQ', 'facilitator', 'FACILITATOR_OWNER:0fGspaZTjdakZoro1uKAxen0eKsLw9sQ',
     'verified', '2026-02-01 10:00:00', '2026-02-01 00:00:00');

-- The platform stores the owner's id in lower case.
INSERT INTO facilitators (id, name, subdomain, owner_address, supported_chains, created_at) VALUES
    ('f1', 'Ada on Solana', 'ada-solana', 'qj6duxjoilvp0avgdwgllwoyscuizlry', '["solana"]', '2026-03-01 08:30:00'),
    ('f2', 'Ada on Base', 'ada', 'qj6duxjoilvp0avgdwgllwoyscuizlry', '["base"]', '2026-01-05 10:00:00'),
    ('f3', 'Ben Pay', 'ben', 'pnqnxkbvkz0n0bojdonxdoiovlysuu1i', '["base"]', '2026-01-21T00:00:00.000Z'),
    ('f4', 'Cleo', 'cleo', '0fgspaztjdakzoro1ukaxen0ekslw9sq', '["base"]', '2026-01-10 12:00:00'),
    ('f5', 'Dan or Dina', 'd', 'jbl7dwthmqt8yjibak7za1lwvrkpgmxb', '["base"]', '2026-01-13 09:00:00'),
    ('f6', 'Eve', 'eve', 'bzkysdhqt17tcjq5zhi1sih3edelb2rb', '["base"]', '16/01/2026'),
    ('f7', 'Eve EU', 'eve-eu', 'bzkysdhqt17tcjq5zhi1sih3edelb2rb', '["base"]', ''),
    -- This user's account is gone.
    ('f8', 'Gone', 'gone', 'dsvusvzsgpoppgdzupux7jddwfs4oohh', '["solana"]', '2025-12-30 22:10:05');

INSERT INTO transactions (id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
VALUES
    ('t01', 'f2', 'settle', 'base',   'payer-1', 'shop-1', '40000000',  'USDC', 'success', '2026-01-05 10:00:00'),
    ('t02', 'f2', 'settle', 'base',   'payer-2', 'shop-1', '60500000',  'USDC', 'success', '2026-02-10 14:21:37'),
    ('t03', 'f1', 'settle', 'solana', 'payer-3', 'shop-2', '25000000',  'USDC', 'success', '2026-03-02 19:00:02'),
    -- What never counts: a verification, a failure, a payment to oneself.
    ('t04', 'f1', 'verify', 'solana', 'payer-3', 'shop-2', '25000000',  'USDC', 'success', '2026-03-02 19:00:01'),
    ('t05', 'f2', 'settle', 'base',   'payer-2', 'shop-1', '99000000',  'USDC', 'failed',  '2026-02-11 08:14:50'),
    ('t06', 'f2', 'settle', 'base',   'shop-1',  'shop-1', '500000000', 'USDC', 'success', '2026-02-12 23:59:59'),
    -- On Ben's first day: a marker dated 2026-01-21T00:00:00Z would sort after it and lose it.
    ('t07', 'f3', 'settle', 'base',   'payer-1', 'shop-3', '12250000',  'USDC', 'success', '2026-01-21 09:15:00'),
    ('t08', 'f3', 'settle', 'base',   'payer-4', 'shop-3', '30000000',  'USDC', 'success', '2026-02-01 06:45:12'),
    -- One before and one after the date that Cleo's marker has.
    ('t09', 'f4', 'settle', 'base',   'payer-5', 'shop-4', '80000000',  'USDC', 'success', '2026-01-15 12:00:00'),
    ('t10', 'f4', 'settle', 'base',   'payer-5', 'shop-4', '20000000',  'USDC', 'success', '2026-02-03 12:00:00'),
    ('t11', 'f5', 'settle', 'base',   'payer-6', 'shop-5', '15000000',  'USDC', 'success', '2026-01-14 17:32:08'),
    ('t12', 'f6', 'settle', 'base',   'payer-7', 'shop-6', '33000000',  'USDC', 'success', '2026-01-18 10:10:10'),
    ('t13', 'f8', 'settle', 'solana', 'payer-8', 'shop-7', '9990000',   'USDC', 'success', '2026-01-02 03:04:05');
