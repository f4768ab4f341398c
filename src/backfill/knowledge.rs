//! What is known of the database, and whether it is still so.

use rusqlite::Connection;

use crate::error::Error;
use crate::snapshot::reading;
use crate::version::data_version;

/// What the partition's contents were read from.
#[derive(Clone, Copy)]
pub(super) enum Knowledge {
    /// Nothing is read yet.
    None,
    /// One state of the database, which has this version.
    Of(u32),
    /// More than one state, or one that the host may since have rolled back.
    Mixed,
}

impl Knowledge {
    /// After a piece was read from a state that has this version, if it was one state.
    pub(super) fn after_reading(self, version: Option<u32>) -> Self {
        match (self, version) {
            (Knowledge::None, Some(version)) => Knowledge::Of(version),
            (Knowledge::Of(before), Some(version)) if before == version => self,
            _ => Knowledge::Mixed,
        }
    }

    /// After markers were committed, and nothing else with them. A commit of one's own makes the version the next
    /// one: if it is any other, somebody else has committed too.
    pub(super) fn after_committing(self, conn: &Connection) -> Self {
        match (self, data_version(conn)) {
            (Knowledge::Of(before), Some(version)) if version == before.wrapping_add(1) => {
                Knowledge::Of(version)
            }
            _ => Knowledge::Mixed,
        }
    }

    /// What is known now, in a step that begins: no longer one state if somebody has written since.
    pub(super) fn now(self, conn: &Connection) -> Result<Self, Error> {
        // What others committed is seen by reading.
        let holds = reading(conn, || Ok(self.holds(conn)))?;
        Ok(if holds { self } else { Knowledge::Mixed })
    }

    /// Whether what is known is true now: whether the database still has the version that was read. Asked
    /// within a transaction that has read, this is so until the transaction ends, or, with a shared cache, until it
    /// has the write lock: asked again then, and still so, it is so until the commit.
    pub(super) fn holds(self, conn: &Connection) -> bool {
        matches!(self, Knowledge::Of(version) if data_version(conn) == Some(version))
    }
}
