//! The volume that a platform counts for a user.

use std::io::{self, Write};

use facilitator_markers::rusqlite::types::ValueRef;
use facilitator_markers::rusqlite::{self, Connection, OptionalExtension};

use crate::amount::Amount;
use crate::table::{self, Column};

/// The platform's own query: settled, successful, not to oneself, and not before the marker's date. Dates are compared as
/// text.
const VOLUME: &str = "
    SELECT t.amount
    FROM main.facilitators f JOIN main.transactions t ON t.facilitator_id = f.id
    WHERE f.owner_address = lower(?1) AND t.type = 'settle' AND t.status = 'success'
        AND t.from_address <> t.to_address AND t.created_at >= ?2 AND (?3 IS NULL OR t.created_at < ?3)";

/// The date from which the platform counts: of the user's markers that are verified, apart from one, the earliest.
const COUNTED_SINCE: &str = "
    SELECT CAST(created_at AS TEXT) FROM main.reward_addresses
    WHERE user_id = ?1 AND chain_type = 'facilitator' AND verification_status = 'verified' AND id IS NOT ?2 AND created_at IS NOT NULL
    ORDER BY created_at LIMIT 1";

/// A sum of amounts.
#[derive(Default)]
pub(crate) struct Volume {
    pub(crate) amount: Amount,
    /// How many amounts are no whole numbers, and are left out.
    pub(crate) unreadable: u64,
}

impl Volume {
    /// The user's volume from one date on, up to another one if there is one.
    pub(crate) fn between(
        conn: &Connection,
        user_id: &str,
        since: &str,
        until: Option<&str>,
    ) -> rusqlite::Result<Self> {
        let mut volume = Volume::default();
        let mut statement = conn.prepare(VOLUME)?;
        let mut rows = statement.query((user_id, since, until))?;
        while let Some(row) = rows.next()? {
            volume.add(row.get_ref(0)?);
        }
        Ok(volume)
    }

    /// What the platform counts for the user, and since when, if it counts at all.
    pub(crate) fn counted(conn: &Connection, user_id: &str) -> rusqlite::Result<(Self, Option<String>)> {
        let since = counted_since(conn, user_id, None)?;
        let volume = since.as_deref().map(|since| Volume::between(conn, user_id, since, None)).transpose()?;
        Ok((volume.unwrap_or_default(), since))
    }

    fn add(&mut self, amount: ValueRef<'_>) {
        let read = match amount {
            ValueRef::Text(text) => Amount::read(text),
            ValueRef::Integer(number) => Amount::read(number.to_string().as_bytes()),
            // A sum in SQL passes over it too.
            ValueRef::Null => return,
            _ => None,
        };
        match read {
            Some(amount) => self.amount.add(&amount),
            None => self.unreadable += 1,
        }
    }
}

/// The date from which the platform counts, if there is a marker that is verified, apart from the one with this id.
pub(crate) fn counted_since(
    conn: &Connection,
    user_id: &str,
    apart_from: Option<&str>,
) -> rusqlite::Result<Option<String>> {
    conn.prepare(COUNTED_SINCE)?.query_row((user_id, apart_from), |row| row.get(0)).optional()
}

/// Writes what the platform counts for each user.
pub(crate) fn write_table(out: &mut impl Write, conn: &Connection) -> Result<(), WriteError> {
    let users = conn
        .prepare(r#"SELECT name, id FROM main."user" ORDER BY name"#)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let rows = users
        .into_iter()
        .map(|(name, user_id)| {
            let (volume, since) = Volume::counted(conn, &user_id)?;
            Ok([
                name,
                user_id,
                since.unwrap_or_else(|| "nothing counts".to_owned()),
                volume.amount.to_string(),
            ])
        })
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let columns = [
        Column::Left("user"),
        Column::Left("user id"),
        Column::Left("counted since"),
        Column::Right("counted volume"),
    ];
    Ok(table::write(out, columns, &rows)?)
}

/// Why the table wasn't written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Output(#[from] io::Error),
}
