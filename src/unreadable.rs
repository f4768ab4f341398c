//! The facilitators whose dates can't be read, for those who mend them.

use rusqlite::{Connection, Row};

use crate::error::Error;
use crate::facilitators::{self, read_date};
use crate::schema::Schema;
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

/// Looks for them by their owners.
pub(crate) struct Search<'c> {
    facilitators: facilitators::Search<'c>,
    has_id: bool,
}

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        let has_id = schema.facilitators.has_column("id");
        let id = if has_id { "id" } else { "NULL" };
        Ok(Search { facilitators: facilitators::Search::new(conn, schema, id)?, has_id })
    }

    /// Whether an owner's are found without reading all facilitators.
    pub(crate) fn looks_up(&self) -> bool {
        self.facilitators.looks_up()
    }

    /// Those of each of these users, in their order.
    pub(crate) fn of(&mut self, user_ids: &[&Text]) -> Result<Vec<UnreadableDates>, Error> {
        let mut found = vec![UnreadableDates::default(); user_ids.len()];
        self.facilitators.for_each(user_ids, |user, _, row| found[user].add(row, self.has_id))?;
        Ok(found)
    }
}
