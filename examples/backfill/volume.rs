//! The volume that a platform counts for each user.

use std::io::{self, Write};

use facilitator_markers::rusqlite::{self, Connection};

use crate::table::{self, Column};

/// The platform's own query: settled, successful, not to oneself, and not before the marker's date.
const VOLUME: &str = r#"
    SELECT u.name, u.id,
        CASE WHEN NOT EXISTS (SELECT 1 FROM facilitators f WHERE f.owner_address = lower(u.id)) THEN 'no facilitator'
             ELSE coalesce(marker.created_at, 'not enrolled') END,
        (SELECT coalesce(sum(CAST(t.amount AS INTEGER)), 0)
         FROM facilitators f JOIN transactions t ON t.facilitator_id = f.id
         WHERE f.owner_address = lower(u.id) AND t.type = 'settle' AND t.status = 'success'
             AND t.from_address <> t.to_address AND t.created_at >= marker.created_at)
    FROM "user" u
    LEFT JOIN reward_addresses marker ON marker.user_id = u.id AND marker.chain_type = 'facilitator'
    ORDER BY u.name"#;

/// A user with the volume that counts.
pub(crate) struct Volume {
    name: String,
    user_id: String,
    enrolled_since: String,
    /// In millionths of a USDC.
    amount: i64,
}

pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Vec<Volume>> {
    let mut statement = conn.prepare(VOLUME)?;
    let volumes = statement.query_map([], |row| {
        Ok(Volume {
            name: row.get(0)?,
            user_id: row.get(1)?,
            enrolled_since: row.get(2)?,
            amount: row.get(3)?,
        })
    })?;
    volumes.collect()
}

pub(crate) fn write(out: &mut impl Write, volumes: &[Volume]) -> io::Result<()> {
    let rows: Vec<_> = volumes
        .iter()
        .map(|volume| {
            let cents = volume.amount / 10_000;
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            [volume.name.clone(), volume.user_id.clone(), volume.enrolled_since.clone(), amount]
        })
        .collect();
    let columns = [
        Column::Left("user"),
        Column::Left("user id"),
        Column::Left("enrolled since"),
        Column::Right("volume (USDC)"),
    ];
    table::write(out, columns, &rows)
}
