//! The facilitators whose dates can't be read, for those who mend them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::error::{During, Error};
use crate::facilitators::{DOING, by_owner, read_all_of, read_date};
use crate::schema::Schema;
use crate::statement::prepare;
use crate::text::Text;
use crate::value;

/// How many facilitators of one owner are named at most.
const NAMED: usize = 100;

/// A facilitator whose `created_at` can't be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct UnreadableFacilitator {
    /// Its `id`, where `facilitators` has such a column. As with all values here, what isn't text is given as
    /// SQL writes it, and bytes that aren't UTF-8 become U+FFFD.
    pub id: Option<String>,
    /// What stands in `created_at`; `NULL` if nothing does.
    pub created_at: String,
}

/// Those of one owner.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnreadableDates {
    /// The first hundred.
    pub(crate) facilitators: Vec<UnreadableFacilitator>,
    /// How many there are.
    pub(crate) count: u64,
}

impl UnreadableDates {
    /// Adds a facilitator that has its `created_at` at 1 and its id at 2, if it is one.
    fn add(&mut self, row: &Row<'_>, has_id: bool) -> rusqlite::Result<()> {
        let created_at = row.get_ref(1)?;
        if read_date(created_at).is_some() {
            return Ok(());
        }
        self.count += 1;
        if self.facilitators.len() < NAMED {
            let id = if has_id { Some(value::display(row.get_ref(2)?)?) } else { None };
            let created_at = value::display(created_at)?;
            self.facilitators.push(UnreadableFacilitator { id, created_at });
        }
        Ok(())
    }
}

/// The column that tells a host which facilitator it is.
fn id_of(schema: &Schema) -> &'static str {
    if schema.facilitators.has_column("id") { "id" } else { "NULL" }
}

/// Those of this user, whom an index of this collation finds.
pub(crate) fn of(
    conn: &Connection,
    schema: &Schema,
    index: &str,
    user_id: &Text,
) -> Result<UnreadableDates, Error> {
    let (id, by_owner) = (id_of(schema), by_owner(Some(index)));
    let sql = format!("SELECT owner_address, created_at, {id} FROM main.facilitators WHERE {by_owner}");
    let mut found = UnreadableDates::default();
    let mut read = || {
        let mut statement = prepare(conn, &sql)?;
        let mut addresses = vec![user_id.fold()?, user_id.again()?];
        addresses.dedup();
        for address in &addresses {
            let mut rows = statement.query([address])?;
            while let Some(row) = rows.next()? {
                // Whatever the column's collation finds, the contents decide.
                if row.get_ref(0)? == ValueRef::Text(&address.0) {
                    found.add(row, id != "NULL")?;
                }
            }
        }
        Ok(())
    };
    read().during(conn, DOING)?;
    Ok(found)
}

/// Those of each of these users, from one reading of the whole table.
pub(crate) fn of_all(
    conn: &Connection,
    schema: &Schema,
    user_ids: &[&Text],
) -> Result<Vec<UnreadableDates>, Error> {
    let id = id_of(schema);
    let mut found = vec![UnreadableDates::default(); user_ids.len()];
    read_all_of(conn, schema.encoding, id, user_ids, |user, _, row| found[user].add(row, id != "NULL"))?;
    Ok(found)
}
