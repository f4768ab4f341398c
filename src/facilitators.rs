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
}

/// How facilitators are found.
#[derive(Clone, Copy)]
enum Way {
    /// By each owner.
    LookUp,
    /// Among all facilitators, which are read once for all owners, from a database that stores text so.
    Scan(Encoding),
}

impl<'c> Search<'c> {
    /// For any number of owners. Of each facilitator found, `further` is read too.
    pub(crate) fn new(conn: &'c Connection, schema: &Schema, further: &str) -> Result<Self, Error> {
        // Whatever the collation finds, the contents decide.
        let (way, sql) = match schema.facilitators.index_on(conn, "owner_address")? {
            Some(collation) => (
                Way::LookUp,
                format!(
                    "SELECT owner_address, created_at, {further} FROM main.facilitators \
                     WHERE owner_address = ?1 COLLATE {collation} AND owner_address = ?1 COLLATE BINARY"
                ),
            ),
            None => (
                Way::Scan(schema.encoding),
                format!(
                    "SELECT owner_address, created_at, {further}, CAST(owner_address AS BLOB) \
                     FROM main.facilitators"
                ),
            ),
        };
        Self::prepare(conn, way, &sql)
    }

    /// For one owner, in whatever index SQLite finds.
    pub(crate) fn for_one(conn: &'c Connection) -> Result<Self, Error> {
        let sql = "SELECT owner_address, created_at FROM main.facilitators \
                   WHERE owner_address = ?1 AND owner_address = ?1 COLLATE BINARY";
        Self::prepare(conn, Way::LookUp, sql)
    }

    fn prepare(conn: &'c Connection, way: Way, sql: &str) -> Result<Self, Error> {
        Ok(Search { conn, statement: prepare(conn, sql).during(conn, DOING)?, way })
    }

    /// Whether an owner is found without reading all facilitators.
    pub(crate) fn looks_up(&self) -> bool {
        matches!(self.way, Way::LookUp)
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
        let (mut owner_addresses, mut users_of) = (Vec::new(), HashMap::<Text, Vec<usize>>::new());
        for (user, user_id) in user_ids.iter().enumerate() {
            let (folded, exact) = (user_id.fold()?, user_id.again()?);
            let exact = Some(exact).filter(|exact| *exact != folded);
            for owner_address in [Some(folded), exact].into_iter().flatten() {
                let users = users_of.entry(owner_address.again()?).or_default();
                if users.is_empty() {
                    owner_addresses.push(owner_address);
                }
                users.push(user);
            }
        }
        let (statement, way) = (&mut self.statement, self.way);
        let mut read = |owner_address: Option<&Text>| {
            let mut rows = match owner_address {
                Some(owner_address) => statement.query([owner_address])?,
                None => statement.query([])?,
            };
            while let Some(row) = rows.next()? {
                let ValueRef::Text(owner_address) = row.get_ref(0)? else { continue };
                let Some(users) = users_of.get(owner_address) else { continue };
                let survives = match way {
                    Way::LookUp => true,
                    Way::Scan(encoding) => encoding.survives(row.get_ref(3)?.as_blob()?),
                };
                if survives {
                    users.iter().try_for_each(|user| each(*user, is_folded(owner_address), row))?;
                }
            }
            Ok(())
        };
        let read = match way {
            Way::LookUp => {
                // What is close together in the index is read together; those in lower case first.
                owner_addresses.sort_unstable_by(|one, other| {
                    (!is_folded(&one.0), one).cmp(&(!is_folded(&other.0), other))
                });
                owner_addresses.iter().try_for_each(|owner_address| read(Some(owner_address)))
            }
            Way::Scan(_) if user_ids.is_empty() => Ok(()),
            Way::Scan(_) => read(None),
        };
        read.during(self.conn, DOING)
    }
}
