//! Whether the addresses are as the database has them now.

use rusqlite::{Connection, ffi};

use crate::connection::data_version;
use crate::error::Error;
use crate::snapshot::reading;

/// How many owners that are fresh a step visits instead of one which has to be looked up again: that takes several
/// times as long, and the longer a step reads, the more often somebody else writes meanwhile.
pub(crate) const FRESH_PER_RECHECK: u64 = 4;

/// Which state of the database the addresses were joined from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Freshness {
    /// Nothing is read yet.
    Unread,
    /// One state, which has this data version.
    At(u32),
    /// More than one state, or one that the host may since have rolled back.
    Stale,
}

impl Freshness {
    /// After a page was read from a state that has this data version, if it was one state.
    pub(crate) fn after_reading(self, version: Option<u32>) -> Self {
        match (self, version) {
            (Freshness::Unread, Some(version)) => Freshness::At(version),
            (Freshness::At(before), Some(version)) if before == version => self,
            _ => Freshness::Stale,
        }
    }

    /// After markers were committed, and nothing else with them. A commit of one's own makes the version the next
    /// one: if it is any other, somebody else has committed too.
    pub(crate) fn after_committing(self, conn: &Connection) -> Self {
        match (self, data_version(conn)) {
            (Freshness::At(before), Some(version)) if version == before.wrapping_add(1) => {
                Freshness::At(version)
            }
            _ => Freshness::Stale,
        }
    }

    /// Itself, if the database has the version that was read.
    pub(crate) fn if_still(self, version: Option<u32>) -> Self {
        match self {
            Freshness::At(read) if version == Some(read) => self,
            _ => Freshness::Stale,
        }
    }

    /// Itself, if the database still has the version that was read. Asked within a transaction that has read, this is
    /// so until the transaction ends, or, with a shared cache, until it has the write lock: asked again then, and
    /// still so, it is so until the commit.
    pub(crate) fn checked(self, conn: &Connection) -> Self {
        self.if_still(data_version(conn))
    }

    /// Whether others have written since the database had this version, and with that, whether this is still so.
    pub(crate) fn look(&mut self, conn: &Connection, before: Option<u32>) -> Result<bool, Error> {
        // What others committed is seen by reading.
        let version = reading(conn, || Ok(data_version(conn)))?;
        *self = self.if_still(version);
        Ok(version.is_none() || version != before)
    }

    /// How many owners are to be visited at once, at most so many. `looks_up`: whether few are looked up sooner than many.
    pub(crate) fn owners_at_once(self, most: u64, looks_up: bool) -> u64 {
        match self {
            Freshness::Stale if looks_up => most.div_ceil(FRESH_PER_RECHECK),
            _ => most,
        }
    }
}

/// The error for a commit of another connection that shares the cache, which SQLite itself doesn't notice: the owners
/// have to be looked up again.
pub(crate) fn written_meanwhile(doing: &'static str) -> Error {
    let code = ffi::SQLITE_BUSY_SNAPSHOT;
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    Error::Sqlite { doing, code, source }
}
