-- The host's tables as a platform has them: the columns that matter here, and enough others to be real.
CREATE TABLE "user" (
    id            TEXT PRIMARY KEY NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE,
    emailVerified INTEGER NOT NULL DEFAULT 0,
    image         TEXT,
    createdAt     TEXT,
    updatedAt     TEXT
);

CREATE TABLE facilitators (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL,
    subdomain        TEXT NOT NULL UNIQUE,
    owner_address    TEXT NOT NULL,
    supported_chains TEXT NOT NULL DEFAULT '[]',
    supported_tokens TEXT NOT NULL DEFAULT '[]',
    created_at       TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);

CREATE TABLE reward_addresses (
    id                  TEXT PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES "user"(id) ON DELETE CASCADE,
    chain_type          TEXT NOT NULL CHECK (chain_type IN ('solana', 'evm', 'stacks', 'facilitator')),
    address             TEXT NOT NULL,
    verification_status TEXT NOT NULL DEFAULT 'pending' CHECK (verification_status IN ('pending', 'verified')),
    verified_at         TEXT,
    created_at          TEXT NOT NULL DEFAULT (datetime('now')),
    UNIQUE (user_id, address)
);
CREATE INDEX idx_reward_addresses_user ON reward_addresses(user_id);
CREATE INDEX idx_reward_addresses_address ON reward_addresses(address);
CREATE INDEX idx_reward_addresses_chain ON reward_addresses(chain_type);

CREATE TABLE transactions (
    id             TEXT PRIMARY KEY,
    facilitator_id TEXT NOT NULL REFERENCES facilitators(id) ON DELETE CASCADE,
    type           TEXT NOT NULL CHECK (type IN ('verify', 'settle')),
    network        TEXT NOT NULL,
    from_address   TEXT,
    to_address     TEXT,
    amount         TEXT,
    asset          TEXT,
    status         TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'success', 'failed')),
    created_at     TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_transactions_facilitator ON transactions(facilitator_id);
