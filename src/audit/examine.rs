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

    /// Each of these rows as it is now, and whose marker it is; nothing for one that is a marker no longer.
    pub(crate) fn of(&mut self, rows: &[&MarkerRow]) -> Result<Vec<Option<(MarkerRow, Place)>>, Error> {
        let user_ids: Vec<_> = rows.iter().filter_map(|row| row.user_id()).collect();
        let mut known = self.recheck.look_up(&user_ids)?.into_iter();
        let (mut examined, mut alike) = (Vec::new(), 0);
        for (number, row) in rows.iter().enumerate() {
            // Without a key of their own, rows may be the same in everything, and stand one after the other.
            alike = if number > 0 && row.is_as(rows[number - 1]) { alike + 1 } else { 0 };
            examined.push(match row.user_id() {
                Some(user_id) => self.examine(user_id, row, alike, known.next().flatten())?,
                None => Some((row.again()?, Place::Orphan { same_fold: None })),
            });
        }
        Ok(examined)
    }

    fn examine(
        &mut self,
        user_id: &Text,
        row: &MarkerRow,
        alike: usize,
        known: Option<Known>,
    ) -> Result<Option<(MarkerRow, Place)>, Error> {
        let mut markers = self.markers_of(user_id, row).during(self.conn, DOING)?;
        let is_it = |(_, marker): &(usize, &MarkerRow)| marker.is_as(row);
        let as_it_was = markers.iter().enumerate().filter(is_it).map(|(number, _)| number).nth(alike);
        let Some(number) = as_it_was.or_else(|| markers.iter().position(|marker| marker.has_key_of(row)))
        else {
            return Ok(None);
        };
        let place = match known {
            None => Place::Orphan { same_fold: self.recheck.only_case_variant(user_id)? },
            Some(_) if number > 0 => Place::Duplicate { of: markers[0].id.again()? },
            Some(known) => Place::Marker(Owner::from(known)),
        };
        Ok(Some((markers.swap_remove(number), place)))
    }

    /// The user's marker that the library goes by, and those that may be this row.
    fn markers_of(&mut self, user_id: &Text, row: &MarkerRow) -> rusqlite::Result<Vec<MarkerRow>> {
        let address = user_id.prefixed(ID_PREFIX)?;
        let mut rows = self.of_user.query([user_id, &address])?;
        let mut markers = Vec::new();
        while let Some(next) = rows.next()? {
            let marker = MarkerRow::of(|column| next.get_ref(column))?;
            if markers.is_empty() || marker.has_key_of(row) {
                markers.push(marker);
            }
        }
        Ok(markers)
    }
}
