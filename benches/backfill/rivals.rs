//! Other ways to write the same markers, by hand.

use facilitator_markers::rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::expected::Expected;

/// As the previous implementation did it: for each owner a search through all users, and a commit.
pub fn per_owner(conn: &Connection) -> Result<u64> {
    let owners = conn
        .prepare("SELECT owner_address, min(created_at) FROM facilitators GROUP BY owner_address")?
        .query_map([], |row| row.try_into())?
        .collect::<Result<Vec<(String, String)>, _>>()?;
    let mut find = conn.prepare("SELECT id FROM \"user\" WHERE lower(id) = ?1")?;
    let mut insert = conn.prepare(
        "INSERT OR IGNORE INTO reward_addresses
             (id, user_id, chain_type, address, verification_status, verified_at, created_at)
         VALUES (lower(hex(randomblob(16))), ?1, 'facilitator', 'FACILITATOR_OWNER:' || ?1,
                 'verified', datetime('now'), ?2)",
    )?;
    let mut created = 0;
    for (owner_address, created_at) in owners {
        let user_id: Option<String> = find.query_row([owner_address], |row| row.get(0)).optional()?;
        if let Some(user_id) = user_id {
            created += insert.execute([user_id, created_at])?;
        }
    }
    Ok(created as u64)
}

/// The fastest of the single statements that were tried. Owners are grouped in the order of the table,
/// because to look up each date through the index takes longer than sorting. CROSS JOIN makes SQLite go
/// through the users in the order of their ids, in which three of the five indexes are only appended to. The
/// last condition asks for a marker only where there is an owner, and the + keeps the planner off the index
/// on chain_type, under which all markers stand.
const ONE_STATEMENT: &str = "
    WITH owner(address, created_at) AS MATERIALIZED (
        SELECT owner_address, min(created_at) FROM facilitators NOT INDEXED GROUP BY owner_address
    )
    INSERT INTO reward_addresses
        (id, user_id, chain_type, address, verification_status, verified_at, created_at)
    SELECT lower(hex(randomblob(16))), \"user\".id, 'facilitator', 'FACILITATOR_OWNER:' || \"user\".id,
           'verified', datetime('now'), owner.created_at
    FROM \"user\" CROSS JOIN owner ON owner.address = lower(\"user\".id)
    WHERE NOT EXISTS (
        SELECT 1 FROM reward_addresses
        WHERE user_id = \"user\".id AND +chain_type = 'facilitator' AND owner.address IS NOT NULL
    )
    ORDER BY \"user\".id";

pub fn one_statement(conn: &Connection) -> Result<u64> {
    in_one_transaction(conn, || Ok(conn.execute(ONE_STATEMENT, [])?))
}

/// What can't be left out: reading the source, which is thrown away, and writing the markers, which are
/// known.
pub fn floor(conn: &Connection, expected: &Expected) -> Result<u64> {
    read_through(conn, "SELECT id FROM \"user\"")?;
    read_through(conn, "SELECT owner_address, created_at FROM facilitators")?;
    in_one_transaction(conn, || {
        let mut insert = conn.prepare(
            "INSERT INTO reward_addresses
                 (id, user_id, chain_type, address, verification_status, verified_at, created_at)
             VALUES (?1, ?2, 'facilitator', ?1, 'verified', '2026-01-01 00:00:00', ?3)",
        )?;
        let mut created = 0;
        for marker in &expected.markers {
            let id = format!("FACILITATOR_OWNER:{}", marker.user_id);
            created += insert.execute(params![id, marker.user_id, marker.created_at])?;
        }
        Ok(created)
    })
}

fn read_through(conn: &Connection, sql: &str) -> Result<()> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get_ref(column)?.as_bytes()?);
        }
    }
    Ok(())
}

fn in_one_transaction(conn: &Connection, work: impl FnOnce() -> Result<usize>) -> Result<u64> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let created = work()?;
    conn.execute_batch("COMMIT")?;
    Ok(created as u64)
}
