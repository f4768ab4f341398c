//! The facilitators that belong to a user.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement, ffi};

use crate::date::Second;
use crate::encoding::Encoding;
use crate::error::{During, Error};
use crate::statement::{first_row, prepare};
use crate::text::Text;

pub(crate) const DOING: &str = "reading facilitators";

/// How many facilitators there seem to be: memory is reserved by it, and nothing else depends on it, since
/// `count` may be a function of the host's.
pub(crate) fn count(conn: &Connection) -> Result<u64, Error> {
    let count = first_row(conn, "SELECT count(*) FROM main.facilitators", |row| {
        Ok(row.get_ref(0)?.as_i64().ok().and_then(|count| u64::try_from(count).ok()))
    });
    match count.during(conn, "counting facilitators") {
        Ok(count) => Ok(count.flatten().unwrap_or(0)),
        // A function of the host's that failed. If it isn't that, the reading that follows says so.
        Err(Error::Sqlite { code: ffi::SQLITE_ERROR, .. }) => Ok(0),
        Err(error) => Err(error),
    }
}

/// The dates of one user's facilitators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    /// The earliest readable date.
    pub(crate) earliest: Option<Second>,
    /// Whether one can't be read, which may be the earliest.
    pub(crate) any_unreadable: bool,
    /// Whether a facilitator names the user in lower case, as it would any other user whose id differs in
    /// case only.
    pub(crate) any_folded: bool,
}

impl Dates {
    /// Adds a facilitator with this `created_at`.
    pub(crate) fn add(&mut self, folded: bool, created_at: ValueRef<'_>) {
        self.any_folded |= folded;
        match read_date(created_at) {
            Some(date) => self.earliest = Some(self.earliest.map_or(date, |earliest| earliest.min(date))),
            None => self.any_unreadable = true,
        }
    }
}

/// The date in a host's column, if it is a TEXT that can be read.
pub(crate) fn read_date(value: ValueRef<'_>) -> Option<Second> {
    match value {
        ValueRef::Text(text) => Second::parse(text),
        _ => None,
    }
}

/// Looks for facilitators by their owners.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    by_owner: Statement<'c>,
}

impl<'c> Search<'c> {
    /// In an index of this collation, if that is known.
    pub(crate) fn new(conn: &'c Connection, index: Option<&str>) -> Result<Self, Error> {
        let sql =
            format!("SELECT owner_address, created_at FROM main.facilitators WHERE {}", by_owner(index));
        Ok(Search { conn, by_owner: prepare(conn, &sql).during(conn, DOING)? })
    }

    /// The dates of the facilitators whose `owner_address` is this user's id or its fold.
    pub(crate) fn dates_of(&mut self, user_id: &Text) -> Result<Dates, Error> {
        let mut dates = Dates::default();
        let folded = user_id.fold()?;
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

/// The condition that finds facilitators by their owner, in an index of this collation, if that is known. Others may be
/// found besides.
pub(crate) fn by_owner(index: Option<&str>) -> String {
    let collation = index.map_or(String::new(), |collation| format!(" COLLATE {collation}"));
    format!("owner_address = ?1{collation}")
}

/// The dates of the facilitators of each of these users, in their order, from one reading of the whole table.
pub(crate) fn dates_of_all(
    conn: &Connection,
    encoding: Encoding,
    user_ids: &[&Text],
) -> Result<Vec<Dates>, Error> {
    let mut dates = vec![Dates::default(); user_ids.len()];
    read_all_of(conn, encoding, "NULL", user_ids, |user, folded, row| {
        dates[user].add(folded, row.get_ref(1)?);
        Ok(())
    })?;
    Ok(dates)
}

/// Reads the whole table, and tells `each` the facilitators of these users: the user's number, whether the
/// address is the id in lower case, and the row, which has the `created_at` at 1 and `further` at 2.
pub(crate) fn read_all_of(
    conn: &Connection,
    encoding: Encoding,
    further: &str,
    user_ids: &[&Text],
    mut each: impl FnMut(usize, bool, &Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), Error> {
    let mut users_of: HashMap<Text, Vec<usize>> = HashMap::new();
    for (user, user_id) in user_ids.iter().enumerate() {
        let folded = user_id.fold()?;
        if folded != **user_id {
            users_of.entry(folded).or_default().push(user);
        }
        users_of.entry(user_id.again()?).or_default().push(user);
    }
    let mut read = || {
        let sql = format!(
            "SELECT owner_address, created_at, {further}, CAST(owner_address AS BLOB) FROM main.facilitators"
        );
        let mut statement = prepare(conn, &sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let ValueRef::Text(owner_address) = row.get_ref(0)? else { continue };
            let Some(users) = users_of.get(owner_address) else { continue };
            if encoding.survives(row.get_ref(3)?.as_blob()?) {
                let folded = !owner_address.iter().any(u8::is_ascii_uppercase);
                users.iter().try_for_each(|user| each(*user, folded, row))?;
            }
        }
        Ok(())
    };
    read().during(conn, DOING)
}
