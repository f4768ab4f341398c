//! The markers that a backfill has to write, found without SQL or the library.

use std::collections::HashMap;

use facilitator_markers::rusqlite::Connection;

use crate::Result;

/// A marker: whose, and its date.
#[derive(PartialEq)]
pub struct Marker {
    pub user_id: String,
    pub created_at: String,
}

/// All markers, in the order of user ids.
pub struct Expected {
    pub markers: Vec<Marker>,
}

impl Expected {
    pub fn of(conn: &Connection) -> Result<Self> {
        let mut earliest: HashMap<String, String> = HashMap::new();
        let mut facilitators = conn.prepare("SELECT owner_address, created_at FROM facilitators")?;
        let mut rows = facilitators.query([])?;
        while let Some(row) = rows.next()? {
            let (owner_address, created_at): (String, String) = row.try_into()?;
            let date = earliest.entry(owner_address).or_insert_with(|| created_at.clone());
            if created_at < *date {
                *date = created_at;
            }
        }
        let mut users = conn.prepare("SELECT id FROM \"user\" ORDER BY id")?;
        let mut rows = users.query([])?;
        let mut markers = Vec::new();
        while let Some(row) = rows.next()? {
            let user_id: String = row.get(0)?;
            if let Some(created_at) = earliest.remove(&user_id.to_lowercase()) {
                markers.push(Marker { user_id, created_at });
            }
        }
        Ok(Expected { markers })
    }

    /// Fails unless exactly these markers are in the database.
    pub fn check(&self, conn: &Connection, whose: &str) -> Result<()> {
        check(conn, &self.markers, whose)
    }
}

/// Fails unless exactly these markers, which come in the order of user ids, are in the database.
pub fn check<'m>(
    conn: &Connection,
    expected: impl IntoIterator<Item = &'m Marker>,
    whose: &str,
) -> Result<()> {
    let mut written = conn.prepare(
        "SELECT user_id, created_at FROM reward_addresses
         WHERE +chain_type = 'facilitator' AND verification_status = 'verified' ORDER BY user_id",
    )?;
    let mut rows = written.query([])?;
    let mut expected = expected.into_iter();
    while let Some(row) = rows.next()? {
        let marker = Marker { user_id: row.get(0)?, created_at: row.get(1)? };
        if expected.next() != Some(&marker) {
            return Err(format!("{whose}: a wrong marker of user {}", marker.user_id).into());
        }
    }
    match expected.next() {
        None => Ok(()),
        Some(missing) => Err(format!("{whose}: no marker of user {}", missing.user_id).into()),
    }
}
