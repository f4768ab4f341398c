//! The facilitators that belong to a user.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::date::Second;
use crate::error::{During, Error};
use crate::text::Text;

/// The dates of one user's facilitators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    /// Whether there is a facilitator at all.
    pub(crate) any: bool,
    /// The earliest readable date.
    pub(crate) earliest: Option<Second>,
    /// Whether a facilitator names the user in lower case, as it would any other user whose id differs in
    /// case only.
    pub(crate) any_folded: bool,
}

impl Dates {
    /// Adds a facilitator with this `created_at`.
    pub(crate) fn add(&mut self, folded: bool, created_at: ValueRef<'_>) {
        self.any = true;
        self.any_folded |= folded;
        self.earliest = earlier(self.earliest, read_date(created_at));
    }
}

/// The date in a host's column, if it is a TEXT that can be read.
pub(crate) fn read_date(value: ValueRef<'_>) -> Option<Second> {
    match value {
        ValueRef::Text(text) => Second::parse(text),
        _ => None,
    }
}

/// The earlier of two dates either of which may be missing.
pub(crate) fn earlier(one: Option<Second>, other: Option<Second>) -> Option<Second> {
    one.into_iter().chain(other).min()
}

/// The dates of the facilitators whose `owner_address` is this user's id or its fold.
pub(crate) fn dates_of(conn: &Connection, user_id: &Text) -> Result<Dates, Error> {
    // Whatever the column's collation finds, the contents decide.
    let sql = "SELECT owner_address, created_at FROM main.facilitators WHERE owner_address IN (?1, ?2)";
    let folded = user_id.fold();
    let read = || {
        let mut dates = Dates::default();
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([user_id, &folded])?;
        while let Some(row) = rows.next()? {
            let owner_address = row.get_ref(0)?;
            let is_folded = owner_address == ValueRef::Text(&folded.0);
            if is_folded || owner_address == ValueRef::Text(&user_id.0) {
                dates.add(is_folded, row.get_ref(1)?);
            }
        }
        Ok(dates)
    };
    read().during(conn, "reading facilitators")
}

/// The dates of the facilitators of each of these users, from one reading of the whole table.
pub(crate) fn dates_of_all(conn: &Connection, user_ids: &[Text]) -> Result<HashMap<Text, Dates>, Error> {
    let mut users_of: HashMap<Text, Vec<usize>> = HashMap::new();
    for (index, user_id) in user_ids.iter().enumerate() {
        let folded = user_id.fold();
        if folded != *user_id {
            users_of.entry(folded).or_default().push(index);
        }
        users_of.entry(user_id.clone()).or_default().push(index);
    }
    let mut dates = vec![Dates::default(); user_ids.len()];
    let mut read = || {
        let mut statement = conn.prepare("SELECT owner_address, created_at FROM main.facilitators")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let ValueRef::Text(owner_address) = row.get_ref(0)? else { continue };
            let folded = !owner_address.iter().any(u8::is_ascii_uppercase);
            for index in users_of.get(owner_address).into_iter().flatten() {
                dates[*index].add(folded, row.get_ref(1)?);
            }
        }
        Ok(())
    };
    read().during(conn, "reading facilitators")?;
    Ok(user_ids.iter().cloned().zip(dates).collect())
}
