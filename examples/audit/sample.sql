-- A platform whose markers were written by hand or by other programs: each kind of finding once. Amounts are in the smallest
-- unit of their token.

-- As of a host that doesn't enforce them: one user has gone, and the marker has stayed.
PRAGMA foreign_keys = OFF;

INSERT INTO "user" (id, name, email, createdAt) VALUES
    ('Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao', 'Ada',  'ada@example.org',  '2026-01-05T09:12:44.120Z'),
    ('mB6yWc0QxZr9TnUoE4kHs1dVj7LgPf2I', 'Ben',  'ben@example.org',  '2026-01-20T18:03:10.007Z'),
    ('X0aJf5uRbN8eKqGz2MvTwCi7Yh4sDpL1', 'Cleo', 'cleo@example.org', '2026-01-09T07:55:31.940Z'),
    ('hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5', 'Dan',  'dan@example.org',  '2026-01-11T16:20:00.000Z'),
    ('R7gPz2EwUoSx4CnJq9VyTb1KmHd6Lf0a', 'Eve',  'eve@example.org',  '2026-01-15T20:30:27.333Z'),
    ('c9NfTs3BvXk5JrAy8WqLz0UeOh2GmDp7', 'Finn', 'finn@example.org', '2026-02-02T08:00:59.871Z'),
    ('Yw4UeHn6RbKj1ZtCx0PqSg5LoVf9Mda3', 'Gwen', 'gwen@example.org', '2026-02-03T10:11:12.130Z'),
    ('o2DzKx7VmLq0CjWt5RyBf8HsNe1PuGa6', 'Hana', 'hana@example.org', '2026-02-04T14:15:16.170Z');

-- The platform stores the owner's id in lower case.
INSERT INTO facilitators (id, name, subdomain, owner_address, supported_chains, created_at) VALUES
    ('f1', 'Ada Pay', 'ada', 'tq3vkd80czxybm5wrn1slhj2fgpue7ao', '["base"]', '2026-01-05 10:00:00'),
    ('f2', 'Ben Pay', 'ben', 'mb6ywc0qxzr9tnuoe4khs1dvj7lgpf2i', '["base"]', '2026-01-21 00:00:00'),
    ('f3', 'Cleo', 'cleo', 'x0ajf5urbn8ekqgz2mvtwci7yh4sdpl1', '["base"]', '2026-01-10 12:00:00'),
    ('f4', 'Dan', 'dan', 'hv1slk9dqyc3zrxe6tbwu0mogn8pjfa5', '["base"]', '2026-01-13 09:00:00'),
    ('f5', 'Eve', 'eve', 'r7gpz2ewuosx4cnjq9vytb1kmhd6lf0a', '["base"]', '2026-01-16 11:00:00'),
    ('f6', 'Finn', 'finn', 'c9nfts3bvxk5jray8wqlz0ueoh2gmdp7', '["base"]', '16/02/2026'),
    ('f8', 'Hana', 'hana', 'o2dzkx7vmlq0cjwt5rybf8hsne1puga6', '["bsc"]', '2026-02-05 08:00:00');

INSERT INTO reward_addresses (id, user_id, chain_type, address, verification_status, verified_at, created_at) VALUES
    -- Dated with the day on which it was written.
    ('m1', 'Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao', 'facilitator', 'FACILITATOR_OWNER:Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao',
     'verified', '2026-03-01 09:00:00', '2026-03-01 09:00:00'),
    -- As text, later than all of that day.
    ('m2', 'mB6yWc0QxZr9TnUoE4kHs1dVj7LgPf2I', 'facilitator', 'FACILITATOR_OWNER:mB6yWc0QxZr9TnUoE4kHs1dVj7LgPf2I',
     'verified', '2026-03-01 09:00:00', '2026-01-21T00:00:00.000Z'),
    ('m3', 'X0aJf5uRbN8eKqGz2MvTwCi7Yh4sDpL1', 'facilitator', 'FACILITATOR_OWNER:X0aJf5uRbN8eKqGz2MvTwCi7Yh4sDpL1',
     'pending', NULL, '2026-01-10 12:00:00'),
    ('m4', 'hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5', 'facilitator', 'FACILITATOR_OWNER:hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5',
     'verified', '2026-03-01 09:00:00', '2026-01-13 09:00:00'),
    ('m5', 'hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5', 'facilitator', 'legacy', 'verified', '2026-03-01 09:00:00',
     '2026-01-13 09:00:00'),
    -- Perhaps from before the platform had a table of facilitators.
    ('m6', 'R7gPz2EwUoSx4CnJq9VyTb1KmHd6Lf0a', 'facilitator', 'FACILITATOR_OWNER:R7gPz2EwUoSx4CnJq9VyTb1KmHd6Lf0a',
     'verified', '2026-03-01 09:00:00', '2025-11-01 00:00:00'),
    -- Of somebody whose first facilitator has a date that nobody can read.
    ('m7', 'c9NfTs3BvXk5JrAy8WqLz0UeOh2GmDp7', 'facilitator', 'FACILITATOR_OWNER:c9NfTs3BvXk5JrAy8WqLz0UeOh2GmDp7',
     'pending', NULL, '2026-03-01 09:00:00'),
    ('m8', 'Yw4UeHn6RbKj1ZtCx0PqSg5LoVf9Mda3', 'facilitator', 'FACILITATOR_OWNER:Yw4UeHn6RbKj1ZtCx0PqSg5LoVf9Mda3',
     'verified', '2026-03-01 09:00:00', '2026-02-03 12:00:00'),
    ('m9', 'o2DzKx7VmLq0CjWt5RyBf8HsNe1PuGa6', 'facilitator', 'FACILITATOR_OWNER:o2DzKx7VmLq0CjWt5RyBf8HsNe1PuGa6',
     'pending', NULL, '2026-03-01 09:00:00'),
    ('n1', 'gOnE5kTz0RwXq7LyVb2NcJm9UsHd4PfA', 'facilitator', 'FACILITATOR_OWNER:gOnE5kTz0RwXq7LyVb2NcJm9UsHd4PfA',
     'verified', '2026-03-01 09:00:00', '2026-01-02 00:00:00');

INSERT INTO transactions (id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
VALUES
    ('t01', 'f1', 'settle', 'base', 'payer-1', 'shop-1', '40000000',  'USDC', 'success', '2026-01-05 10:00:00'),
    ('t02', 'f1', 'settle', 'base', 'payer-2', 'shop-1', '60500000',  'USDC', 'success', '2026-02-10 14:21:37'),
    ('t03', 'f1', 'settle', 'base', 'payer-3', 'shop-2', '25000000',  'USDC', 'success', '2026-03-02 19:00:02'),
    -- What never counts: a verification, a failure, a payment to oneself.
    ('t04', 'f1', 'verify', 'base', 'payer-3', 'shop-2', '25000000',  'USDC', 'success', '2026-03-02 19:00:01'),
    ('t05', 'f1', 'settle', 'base', 'payer-2', 'shop-1', '99000000',  'USDC', 'failed',  '2026-02-11 08:14:50'),
    ('t06', 'f1', 'settle', 'base', 'shop-1',  'shop-1', '500000000', 'USDC', 'success', '2026-02-12 23:59:59'),
    -- On Ben's first day.
    ('t07', 'f2', 'settle', 'base', 'payer-1', 'shop-3', '12250000',  'USDC', 'success', '2026-01-21 09:15:00'),
    ('t08', 'f2', 'settle', 'base', 'payer-4', 'shop-3', '30000000',  'USDC', 'success', '2026-02-01 06:45:12'),
    ('t09', 'f3', 'settle', 'base', 'payer-5', 'shop-4', '80000000',  'USDC', 'success', '2026-01-15 12:00:00'),
    ('t10', 'f4', 'settle', 'base', 'payer-6', 'shop-5', '15000000',  'USDC', 'success', '2026-01-14 17:32:08'),
    ('t11', 'f5', 'settle', 'base', 'payer-7', 'shop-6', '33000000',  'USDC', 'success', '2026-01-18 10:10:10'),
    ('t12', 'f6', 'settle', 'base', 'payer-8', 'shop-7', '9990000',   'USDC', 'success', '2026-02-20 03:04:05'),
    -- Ten and ninety tokens with 18 decimals, and one unit: no number of 64 bits holds the sum, and no float all its digits.
    ('t13', 'f8', 'settle', 'bsc', 'payer-9', 'shop-8', '10000000000000000000', 'DAI', 'success', '2026-02-06 01:02:03'),
    ('t14', 'f8', 'settle', 'bsc', 'payer-9', 'shop-8', '90000000000000000001', 'DAI', 'success', '2026-03-05 04:05:06');
