//! Looking a marker up, with all that decides whether it is right.

use rusqlite::{Connection, Statement};

use super::judge::{Owner, Place};
use super::row::{COLUMNS, MarkerRow};
use crate::error::{During, Error};
use crate::join::recheck::{Known, Recheck};
use crate::marker::ID_PREFIX;
use crate::schema::Schema;
use crate::statement::prepare;
use crate::text::Text;
use crate::value::Value;

const DOING: &str = "reading reward_addresses";

/// The look-ups of one step, which are prepared once.
pub(crate) struct Examination<'c> {
    conn: &'c Connection,
    recheck: Recheck<'c>,
    of_user: Statement<'c>,
}

impl<'c> Examination<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        // The + keeps SQLite off the index on chain_type, under which all markers stand.
        let of_user = format!(
            "SELECT {} FROM main.reward_addresses \
             WHERE user_id = ?1 AND user_id = ?1 COLLATE BINARY AND (+chain_type) COLLATE BINARY = 'facilitator' \
             ORDER BY (address IS ?2 COLLATE BINARY) DESC, id COLLATE BINARY",
            COLUMNS.join(", ")
        );
        let of_user = prepare(conn, &of_user).during(conn, DOING)?;
        Ok(Examination { conn, recheck: Recheck::new(conn, schema)?, of_user })
    }

    /// Whether a marker is looked up without reading whole tables.
    pub(crate) fn looks_up(&self) -> bool {
        self.recheck.looks_up()
    }

    /// Each of these rows as it is now, and whose marker it is; nothing for one that is a marker no longer.
    pub(crate) fn of(&mut self, rows: &[&MarkerRow]) -> Result<Vec<Option<(MarkerRow, Place)>>, Error> {
        let user_ids: Vec<_> = rows.iter().filter_map(|row| row.user_id()).collect();
        let mut known = self.recheck.look_up(&user_ids)?.into_iter();
        let mut examined = Vec::new();
        for row in rows {
            examined.push(match row.user_id() {
                Some(user_id) => self.examine(user_id, &row.id, known.next().flatten())?,
                None => Some((row.again()?, Place::Orphan { same_fold: None })),
            });
        }
        Ok(examined)
    }

    fn examine(
        &mut self,
        user_id: &Text,
        id: &Value,
        known: Option<Known>,
    ) -> Result<Option<(MarkerRow, Place)>, Error> {
        let (first, found) = self.markers_of(user_id, id).during(self.conn, DOING)?;
        let place = match (known, first) {
            (None, _) => Place::Orphan { same_fold: self.recheck.only_case_variant(user_id)? },
            (Some(_), Some(of)) => Place::Duplicate { of },
            (Some(known), None) => Place::Marker(Owner::from(known)),
        };
        Ok(found.map(|row| (row, place)))
    }

    /// The user's marker with this id, and the id of the one that the library goes by, if that is another one.
    fn markers_of(
        &mut self,
        user_id: &Text,
        id: &Value,
    ) -> rusqlite::Result<(Option<Value>, Option<MarkerRow>)> {
        let address = user_id.prefixed(ID_PREFIX)?;
        let mut rows = self.of_user.query([user_id, &address])?;
        let mut first = None;
        let mut is_first = true;
        while let Some(row) = rows.next()? {
            let row_id = row.get_ref(0)?;
            if id.is(row_id) {
                return Ok((first, Some(MarkerRow::of(|column| row.get_ref(column))?)));
            }
            if is_first {
                first = Some(Value::copy(row_id)?);
                is_first = false;
            }
        }
        Ok((first, None))
    }
}
