//! The user that an id names.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::case_variants;
use crate::error::{During, Error};
use crate::schema::Schema;
use crate::statement::prepare;
use crate::text::Text;

const DOING: &str = "reading users";

/// Whom an id names.
pub(crate) enum Named {
    /// This user, whose id is as stored in `"user"`.
    One(Text),
    /// No user.
    Nobody,
    /// More than one user, none of them exactly.
    Several,
}

/// Finds the user with exactly this id, else the only one whose id differs from it in nothing but the case of
/// `A`-`Z`.
pub(crate) fn find(conn: &Connection, id: &Text) -> Result<Named, Error> {
    if Search::new(conn)?.exists(id)? {
        return Ok(Named::One(id.again()?));
    }
    let mut variants = case_variants::Search::new(conn, &Schema::read(conn)?)?.of(id, 2)?;
    Ok(match (variants.pop(), variants.pop()) {
        (None, _) => Named::Nobody,
        (Some(only), None) => Named::One(only),
        (Some(_), Some(_)) => Named::Several,
    })
}

/// Looks for users by their exact ids.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    by_id: Statement<'c>,
}

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        let by_id = prepare(conn, "SELECT id FROM main.\"user\" WHERE id = ?1").during(conn, DOING)?;
        Ok(Search { conn, by_id })
    }

    /// Whether there is a user with exactly this id.
    pub(crate) fn exists(&mut self, id: &Text) -> Result<bool, Error> {
        // Whatever the column's collation finds, the contents decide.
        let mut read = || {
            let mut rows = self.by_id.query([id])?;
            while let Some(row) = rows.next()? {
                if row.get_ref(0)? == ValueRef::Text(&id.0) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        read().during(self.conn, DOING)
    }
}
