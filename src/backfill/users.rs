//! The users among whom a backfill writes: in the order of their ids, but where they are many and no index has
//! that order.

use rusqlite::Connection;

use super::addresses::{Addresses, Status};
use super::scan::{BYTES_AT_ONCE, Flow, Piece, Reading, Scan};
use crate::error::Error;
use crate::marker::NewMarker;
use crate::memory::OutOfMemory;
use crate::schema::Schema;
use crate::text::Text;

/// The most bytes of ids that are kept to be written to later.
const LISTED_BYTES: usize = 4 << 20;

/// Where to find the owners whose marker is missing.
pub(super) enum Users {
    /// Among these, from this one on: the users to whom a facilitator may belong, where they are few.
    Listed(Vec<Text>, usize),
    /// Among all users, who are read again.
    All(Scan),
}

/// Some owners whose marker is missing.
pub(super) struct Found {
    pub(super) due: Vec<NewMarker>,
    /// Users read.
    pub(super) rows: u64,
    /// Whether there are no users behind these.
    pub(super) is_last: bool,
    reached: Reached,
}

enum Reached {
    Listed(usize),
    All(Piece),
}

/// The users to whom, as a survey finds, a facilitator may belong.
#[derive(Default)]
pub(super) struct List {
    ids: Vec<Text>,
    bytes: usize,
}

impl List {
    /// Keeps an id, if there is room.
    pub(super) fn add(&mut self, id: Text) {
        self.bytes = self.bytes.saturating_add(id.0.len() + size_of::<Text>());
        if self.bytes <= LISTED_BYTES {
            self.ids.push(id);
        } else {
            self.ids = Vec::new();
        }
    }

    pub(super) fn into_users(mut self, schema: &Schema) -> Users {
        if self.bytes > LISTED_BYTES {
            return Users::All(Scan::of_users(schema));
        }
        // No work where they were read so.
        self.ids.sort_unstable();
        Users::Listed(self.ids, 0)
    }
}

impl Default for Users {
    fn default() -> Self {
        Users::Listed(Vec::new(), 0)
    }
}

impl Users {
    /// Goes on through the users, up to `rows` of them or until `owners` owners whose marker is missing are
    /// found, without moving: [`Users::move_past`] does, once they have been visited. `None` if all users are to be
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
            Users::Listed(ids, next) => {
                let mut reached = *next;
                while reached < ids.len() && ((reached - next) as u64) < rows {
                    reached += 1;
                    if visit(&ids[reached - 1].0)? == Flow::Pause {
                        break;
                    }
                }
                ((reached - next) as u64, reached == ids.len(), Reached::Listed(reached))
            }
            Users::All(scan) => {
                let piece = scan.read(conn, rows, |row| match row.text(0)? {
                    Some(id) => Ok(visit(id)?),
                    None => Ok(Flow::GoOn),
                })?;
                match piece {
                    Reading::Piece(piece) => (piece.rows, piece.is_last(), Reached::All(piece)),
                    Reading::Moved => return Ok(None),
                }
            }
        };
        Ok(Some(Found { due, rows, is_last, reached }))
    }

    /// Whether users may come to be read again.
    pub(super) fn may_be_moved(&self) -> bool {
        matches!(self, Users::All(scan) if scan.may_be_moved())
    }

    /// Goes back to the first user.
    pub(super) fn begin_again(&mut self, schema: &Schema) {
        *self = Users::All(Scan::of_users(schema));
    }

    /// Goes to the users behind those that were found.
    pub(super) fn move_past(&mut self, found: Found) {
        match (self, found.reached) {
            (Users::Listed(_, next), Reached::Listed(reached)) => *next = reached,
            (Users::All(scan), Reached::All(piece)) => scan.move_past(piece),
            _ => {}
        }
    }
}
