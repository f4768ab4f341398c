//! The users among whom a backfill writes: in the order of their ids, but where they are many and no index has
//! that order.

use rusqlite::Connection;

use super::addresses::{Addresses, Status};
use super::pages::{BYTES_AT_ONCE, Flow, Page, Pages, Reading};
use crate::error::Error;
use crate::marker::NewMarker;
use crate::memory::OutOfMemory;
use crate::schema::Schema;
use crate::text::Text;

/// The most bytes of ids that are kept to be written to later.
const ID_BYTES: usize = 4 << 20;

/// Where to find the owners whose marker is missing.
pub(super) enum MatchedUsers {
    /// Among these, from this one on: the users to whom a facilitator may belong, where they are few.
    Remembered(Vec<Text>, usize),
    /// Among all users, who are read again.
    All(Pages),
}

/// Some owners whose marker is missing.
pub(super) struct Found {
    pub(super) due: Vec<NewMarker>,
    /// MatchedUsers read.
    pub(super) rows: u64,
    /// Whether there are no users behind these.
    pub(super) is_last: bool,
    reached: Reached,
}

enum Reached {
    Remembered(usize),
    All(Page),
}

/// The users to whom, as the read phase finds, a facilitator may belong.
#[derive(Default)]
pub(super) struct Remembered {
    ids: Vec<Text>,
    bytes: usize,
}

impl Remembered {
    /// Keeps an id, if there is room.
    pub(super) fn add(&mut self, id: Text) {
        self.bytes = self.bytes.saturating_add(id.0.len() + size_of::<Text>());
        if self.bytes <= ID_BYTES {
            self.ids.push(id);
        } else {
            self.ids = Vec::new();
        }
    }

    pub(super) fn into_users(mut self, schema: &Schema) -> MatchedUsers {
        if self.bytes > ID_BYTES {
            return MatchedUsers::All(Pages::of_users(schema));
        }
        // No work where they were read so.
        self.ids.sort_unstable();
        MatchedUsers::Remembered(self.ids, 0)
    }
}

impl Default for MatchedUsers {
    fn default() -> Self {
        MatchedUsers::Remembered(Vec::new(), 0)
    }
}

impl MatchedUsers {
    /// Goes on through the users, up to `rows` of them or until `owners` owners whose marker is missing are
    /// found, without moving: [`MatchedUsers::move_past`] does, once they have been visited. `None` if all users are to be
    /// read again, from the first one.
    pub(super) fn find_due(
        &self,
        conn: &Connection,
        addresses: &Addresses,
        rows: u64,
        owners: u64,
    ) -> Result<Option<Found>, Error> {
        let (mut due, mut bytes) = (Vec::new(), 0);
        let mut visit = |id: &[u8]| -> Result<Flow, OutOfMemory> {
            if let Some(Status::Due(enrollment_date)) = addresses.status_of_owner(id) {
                due.push(NewMarker { user_id: Text::copy(id)?, enrollment_date });
                bytes += id.len();
            }
            let is_enough = due.len() as u64 == owners || bytes >= BYTES_AT_ONCE;
            Ok(if is_enough { Flow::Pause } else { Flow::GoOn })
        };
        let (rows, is_last, reached) = match self {
            MatchedUsers::Remembered(ids, next) => {
                let mut reached = *next;
                while reached < ids.len() && ((reached - next) as u64) < rows {
                    reached += 1;
                    if visit(&ids[reached - 1].0)? == Flow::Pause {
                        break;
                    }
                }
                ((reached - next) as u64, reached == ids.len(), Reached::Remembered(reached))
            }
            MatchedUsers::All(pages) => {
                let page = pages.read(conn, rows, |row| match row.text(0)? {
                    Some(id) => Ok(visit(id)?),
                    None => Ok(Flow::GoOn),
                })?;
                match page {
                    Reading::Page(page) => (page.rows, page.is_last(), Reached::All(page)),
                    Reading::Moved => return Ok(None),
                }
            }
        };
        Ok(Some(Found { due, rows, is_last, reached }))
    }

    /// Whether users may come to be read again.
    pub(super) fn may_be_moved(&self) -> bool {
        matches!(self, MatchedUsers::All(pages) if pages.may_be_moved())
    }

    /// Goes back to the first user.
    pub(super) fn begin_again(&mut self, schema: &Schema) {
        *self = MatchedUsers::All(Pages::of_users(schema));
    }

    /// Goes to the users behind those that were found.
    pub(super) fn move_past(&mut self, found: Found) {
        match (self, found.reached) {
            (MatchedUsers::Remembered(_, next), Reached::Remembered(reached)) => *next = reached,
            (MatchedUsers::All(pages), Reached::All(page)) => pages.move_past(page),
            _ => {}
        }
    }
}
