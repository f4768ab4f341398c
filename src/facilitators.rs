//! The facilitators that belong to a user.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement, ffi};

use crate::date::Second;
use crate::encoding::Encoding;
use crate::error::{During, Error};
use crate::schema::Schema;
use crate::statement::{first_row, prepare};
use crate::text::{Text, is_folded};

const DOING: &str = "reading facilitators";

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
    statement: Statement<'c>,
    way: Way,
    encoding: Encoding,
}

/// How facilitators are found.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// By each owner.
    LookUp,
    /// Among all facilitators, which are read once for all owners.
    Scan,
}

impl<'c> Search<'c> {
    /// For any number of owners. Of each facilitator found, `further` is read too.
    pub(crate) fn new(conn: &'c Connection, schema: &Schema, further: &str) -> Result<Self, Error> {
        let (way, condition) = match schema.facilitators.index_on(conn, "owner_address")? {
            Some(collation) => (Way::LookUp, format!("WHERE owner_address = ?1 COLLATE {collation}")),
            None => (Way::Scan, String::new()),
        };
        Self::prepare(conn, way, schema.encoding, further, &condition)
    }

    /// For one owner, in whatever index SQLite finds.
    pub(crate) fn for_one(conn: &'c Connection) -> Result<Self, Error> {
        Self::prepare(conn, Way::LookUp, Encoding::of(conn)?, "NULL", "WHERE owner_address = ?1")
    }

    fn prepare(
        conn: &'c Connection,
        way: Way,
        encoding: Encoding,
        further: &str,
        condition: &str,
    ) -> Result<Self, Error> {
        let sql = format!(
            "SELECT owner_address, created_at, {further}, CAST(owner_address AS BLOB) \
             FROM main.facilitators {condition}"
        );
        Ok(Search { conn, statement: prepare(conn, &sql).during(conn, DOING)?, way, encoding })
    }

    /// Whether an owner is found without reading all facilitators.
    pub(crate) fn looks_up(&self) -> bool {
        self.way == Way::LookUp
    }

    /// The dates of the facilitators of each of these users, in their order.
    pub(crate) fn dates_of(&mut self, user_ids: &[&Text]) -> Result<Vec<Dates>, Error> {
        let mut dates = vec![Dates::default(); user_ids.len()];
        self.for_each(user_ids, |user, folded, row| {
            dates[user].add(folded, row.get_ref(1)?);
            Ok(())
        })?;
        Ok(dates)
    }

    /// Tells `each` the facilitators whose `owner_address` is the id of one of these users, or its fold: the user's
    /// number, whether the address is in lower case, and the row, which has the `created_at` at 1 and what else was
    /// to be read at 2.
    pub(crate) fn for_each(
        &mut self,
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
        let Search { statement, encoding, .. } = self;
        let mut read = |owner_address: Option<&Text>| {
            let mut rows = match owner_address {
                Some(owner_address) => statement.query([owner_address])?,
                None => statement.query([])?,
            };
            while let Some(row) = rows.next()? {
                // Whatever the column's collation finds, the contents decide.
                let ValueRef::Text(found) = row.get_ref(0)? else { continue };
                if owner_address.is_some_and(|sought| sought.0 != found) {
                    continue;
                }
                let Some(users) = users_of.get(found) else { continue };
                if encoding.survives(row.get_ref(3)?.as_blob()?) {
                    users.iter().try_for_each(|user| each(*user, is_folded(found), row))?;
                }
            }
            Ok(())
        };
        let read = match self.way {
            Way::LookUp => users_of.keys().try_for_each(|owner_address| read(Some(owner_address))),
            Way::Scan if user_ids.is_empty() => Ok(()),
            Way::Scan => read(None),
        };
        read.during(self.conn, DOING)
    }
}
