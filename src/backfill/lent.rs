//! The connection of a backfill: borrowed, or kept by it.

use std::ops::Deref;

use rusqlite::Connection;

pub(super) enum Lent<'c> {
    Borrowed(&'c Connection),
    Kept(Connection),
}

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Lent::Borrowed(conn) => conn,
            Lent::Kept(conn) => conn,
        }
    }
}
