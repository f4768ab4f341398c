// The volume that counts for an owner: what the owner's facilitators settled since the date on the enrollment marker.

const SETTLED = `
  SELECT settled.amount
  FROM "user" AS owner
  JOIN reward_addresses AS marker ON marker.user_id = owner.id AND +marker.chain_type = 'facilitator'
  JOIN facilitators AS facilitator ON facilitator.owner_address = lower(owner.id)
  JOIN transactions AS settled ON settled.facilitator_id = facilitator.id
  WHERE owner.id = ? AND settled.type = 'settle' AND settled.status = 'success'
    AND settled.from_address <> settled.to_address AND settled.created_at >= marker.created_at`;

/**
 * @param {import('better-sqlite3').Database} db
 * @returns {(userId: string) => bigint} in whole atomic units, which can be more than a number holds
 */
export function volumeReader(db) {
  const amounts = db.prepare(SETTLED).pluck();
  return (userId) => {
    let volume = 0n;
    for (const amount of amounts.iterate(userId)) volume += BigInt(/** @type {string} */ (amount));
    return volume;
  };
}
