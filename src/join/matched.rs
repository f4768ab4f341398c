//! The users among whom a backfill writes: in the order of their ids, but where they are many and no index has
//! that order.

use std::vec;

use rusqlite::Connection;

use super::addresses::{Addresses, Status};
use super::pages::{BYTES_AT_ONCE, Flow, Pages, Reading};
use crate::error::Error;
use crate::marker::NewMarker;
use crate::memory::OutOfMemory;
use crate::schema::Schema;
use crate::text::Text;

/// The most bytes of ids that are kept to be written to later.
const ID_BYTES: usize = 4 << 20;

/// Where to find the owners whose marker is missing.
pub(crate) enum MatchedUsers {
    /// Among these: the users to whom a facilitator may belong, where they are few.
    Remembered(vec::IntoIter<Text>),
    /// Among all users, who are read again.
    All(Pages),
    /// Nowhere any more.
    Passed,
}

/// The users to whom, as the read phase finds, a facilitator may belong.
#[derive(Default)]
pub(crate) struct Remembered {
    ids: Vec<Text>,
    bytes: usize,
}

impl Remembered {
    /// Keeps an id, if there is room.
    pub(crate) fn add(&mut self, id: Text) {
        self.bytes = self.bytes.saturating_add(id.0.len() + size_of::<Text>());
        if self.bytes <= ID_BYTES {
            self.ids.push(id);
        } else {
            self.ids = Vec::new();
        }
    }

    pub(crate) fn into_users(mut self, schema: &Schema) -> MatchedUsers {
        if self.bytes > ID_BYTES {
            return MatchedUsers::All(Pages::of_users(schema));
        }
        // No work where they were read so.
        self.ids.sort_unstable();
        MatchedUsers::Remembered(self.ids.into_iter())
    }
}

impl MatchedUsers {
    /// Goes on through the users, up to `rows` of them or until so many owners are found whose marker is missing.
    /// Gives these, and how many users there were; `None` if all users are to be read again, from the first one.
    pub(crate) fn find_due(
        &mut self,
        conn: &Connection,
        addresses: &Addresses,
        rows: u64,
        owners: u64,
    ) -> Result<Option<(Vec<NewMarker>, u64)>, Error> {
        let (mut due, mut bytes) = (Vec::new(), 0);
        let mut visit = |id: &[u8]| -> Result<Flow, OutOfMemory> {
            if let Some(Status::Due(enrollment_date)) = addresses.status_of_owner(id) {
                due.push(NewMarker { user_id: Text::copy(id)?, enrollment_date });
                bytes += id.len();
            }
            let is_enough = due.len() as u64 == owners || bytes >= BYTES_AT_ONCE;
            Ok(if is_enough { Flow::Pause } else { Flow::GoOn })
        };
        let mut read = 0;
        match self {
            MatchedUsers::Remembered(ids) => {
                for id in ids.as_slice().iter().take(usize::try_from(rows).unwrap_or(usize::MAX)) {
                    read += 1;
                    if visit(&id.0)? == Flow::Pause {
                        break;
                    }
                }
                ids.by_ref().take(read).for_each(drop);
                if ids.len() == 0 {
                    *self = MatchedUsers::Passed;
                }
            }
            MatchedUsers::All(pages) => {
                let page = pages.read(conn, rows, |row| match row.text(0)? {
                    Some(id) => Ok(visit(id)?),
                    None => Ok(Flow::GoOn),
                })?;
                let Reading::Page(page) = page else { return Ok(None) };
                read = usize::try_from(page.rows).unwrap_or(usize::MAX);
                if page.is_last() {
                    *self = MatchedUsers::Passed;
                } else {
                    pages.move_past(page);
                }
            }
            MatchedUsers::Passed => {}
        }
        Ok(Some((due, read as u64)))
    }

    /// Whether there are no users behind those who were found.
    pub(crate) fn are_passed(&self) -> bool {
        matches!(self, MatchedUsers::Passed)
    }

    /// Whether users may come to be read again.
    pub(crate) fn may_be_moved(&self) -> bool {
        matches!(self, MatchedUsers::All(pages) if pages.may_be_moved())
    }
}
