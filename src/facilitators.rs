//! The facilitators that belong to a user.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::date::Second;
use crate::error::{During, Error};
use crate::text::Text;

const DOING: &str = "reading facilitators";

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

/// Looks for facilitators by their owners.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    by_owner: Statement<'c>,
}

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        let sql = "SELECT owner_address, created_at FROM main.facilitators WHERE owner_address = ?1";
        Ok(Search { conn, by_owner: conn.prepare(sql).during(conn, DOING)? })
    }

    /// The dates of the facilitators whose `owner_address` is this user's id or its fold.
    pub(crate) fn dates_of(&mut self, user_id: &Text) -> Result<Dates, Error> {
        let mut dates = Dates::default();
        let folded = user_id.fold();
        if folded != *user_id {
            self.add(user_id, false, &mut dates).during(self.conn, DOING)?;
        }
        self.add(&folded, true, &mut dates).during(self.conn, DOING)?;
        Ok(dates)
    }

    fn add(&mut self, address: &Text, folded: bool, dates: &mut Dates) -> rusqlite::Result<()> {
        let mut rows = self.by_owner.query([address])?;
        while let Some(row) = rows.next()? {
            // Whatever the column's collation finds, the contents decide.
            if row.get_ref(0)? == ValueRef::Text(&address.0) {
                dates.add(folded, row.get_ref(1)?);
            }
        }
        Ok(())
    }
}

/// The dates of the facilitators of each of these users, from one reading of the whole table.
pub(crate) fn dates_of_all<'u>(
    conn: &Connection,
    user_ids: impl Iterator<Item = &'u Text> + Clone,
) -> Result<HashMap<Text, Dates>, Error> {
    let mut users_of: HashMap<Text, Vec<usize>> = HashMap::new();
    for (index, user_id) in user_ids.clone().enumerate() {
        let folded = user_id.fold();
        if folded != *user_id {
            users_of.entry(folded).or_default().push(index);
        }
        users_of.entry(user_id.clone()).or_default().push(index);
    }
    let mut dates = vec![Dates::default(); user_ids.clone().count()];
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
    read().during(conn, DOING)?;
    Ok(user_ids.cloned().zip(dates).collect())
}
