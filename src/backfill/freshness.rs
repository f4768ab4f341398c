//! Whether the addresses are as the database has them now.

use rusqlite::Connection;

use crate::connection::data_version;

/// Which state of the database the addresses were joined from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Freshness {
    /// Nothing is read yet.
    Unread,
    /// One state, which has this data version.
    At(u32),
    /// More than one state, or one that the host may since have rolled back.
    Stale,
}

impl Freshness {
    /// After a page was read from a state that has this data version, if it was one state.
    pub(super) fn after_reading(self, version: Option<u32>) -> Self {
        match (self, version) {
            (Freshness::Unread, Some(version)) => Freshness::At(version),
            (Freshness::At(before), Some(version)) if before == version => self,
            _ => Freshness::Stale,
        }
    }

    /// After markers were committed, and nothing else with them. A commit of one's own makes the version the next
    /// one: if it is any other, somebody else has committed too.
    pub(super) fn after_committing(self, conn: &Connection) -> Self {
        match (self, data_version(conn)) {
            (Freshness::At(before), Some(version)) if version == before.wrapping_add(1) => {
                Freshness::At(version)
            }
            _ => Freshness::Stale,
        }
    }

    /// Itself, if the database has the version that was read.
    pub(super) fn if_still(self, version: Option<u32>) -> Self {
        match self {
            Freshness::At(read) if version == Some(read) => self,
            _ => Freshness::Stale,
        }
    }

    /// Itself, if the database still has the version that was read. Asked within a transaction that has read, this is
    /// so until the transaction ends, or, with a shared cache, until it has the write lock: asked again then, and
    /// still so, it is so until the commit.
    pub(super) fn checked(self, conn: &Connection) -> Self {
        self.if_still(data_version(conn))
    }
}
