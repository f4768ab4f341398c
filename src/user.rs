//! The user that an id names.

use std::ops::ControlFlow;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::error::{During, Error};
use crate::schema::Schema;
use crate::spelling::Spellings;
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
        return Ok(Named::One(id.clone()));
    }
    let mut variants = CaseVariants::new(conn, &Schema::read(conn)?)?.of(id, 2)?;
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
        let by_id = conn.prepare("SELECT id FROM main.\"user\" WHERE id = ?1").during(conn, DOING)?;
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

/// Looks for users whose ids differ from given ones in nothing but the case of `A`-`Z`.
///
/// Hosts rarely have an index on `lower(id)`, and a scan of all users would make the host wait. Instead this
/// goes through the index that every host has, from one possible spelling to the next that some user's id
/// leaves possible. For one id among a million random ones that takes about twenty seeks; for many that are
/// neighbours, hardly more than for each of them.
pub(crate) struct CaseVariants<'c> {
    conn: &'c Connection,
    statement: Statement<'c>,
    seeks: bool,
}

/// The users from an id on. Every BLOB is greater than every TEXT, so the empty one ends the texts.
const SEEK: &str = "SELECT id FROM main.\"user\" WHERE id >= ?1 COLLATE BINARY AND id < x'' \
                    AND typeof(id) = 'text' \
                    ORDER BY id COLLATE BINARY";

const SCAN: &str = "SELECT id FROM main.\"user\" WHERE typeof(id) = 'text'";

/// How many users are passed one after the other before a seek to the next spelling is the shorter way.
const NEAR: usize = 8;

impl<'c> CaseVariants<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        let seeks = schema.user.is_indexed(conn, "id")? && stores_utf8(conn)?;
        let statement = conn.prepare(if seeks { SEEK } else { SCAN }).during(conn, DOING)?;
        Ok(CaseVariants { conn, statement, seeks })
    }

    /// The users whose ids differ from `id` in nothing but case, up to `limit` of them.
    pub(crate) fn of(&mut self, id: &Text, limit: usize) -> Result<Vec<Text>, Error> {
        let mut found = Vec::new();
        self.for_each(&Spellings::of([id]), |user_id| {
            found.push(Text(user_id.to_vec()));
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// Tells `each` the users whose ids are among these spellings, in byte order, until it breaks off.
    pub(crate) fn for_each(
        &mut self,
        spellings: &Spellings,
        each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let found = if self.seeks { self.seek(spellings, each) } else { self.scan(spellings, each) };
        found.during(self.conn, DOING)
    }

    fn seek(
        &mut self,
        spellings: &Spellings,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> rusqlite::Result<()> {
        let mut sought = spellings.from(b"").map(Text);
        while let Some(target) = sought {
            sought = self.seek_from(target, spellings, &mut each)?;
        }
        Ok(())
    }

    /// Goes through the users from `target` on, as long as the next spelling is near. Gives that one if it
    /// isn't, and nothing at the end.
    fn seek_from(
        &mut self,
        target: Text,
        spellings: &Spellings,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> rusqlite::Result<Option<Text>> {
        let mut rows = self.statement.query([&target])?;
        let (mut next, mut passed) = (None, 0);
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_bytes()?;
            let expected = next.as_ref().unwrap_or(&target);
            if id < expected.0.as_slice() {
                passed += 1;
                if passed > NEAR && next.is_some() {
                    return Ok(next);
                }
                continue;
            }
            passed = 0;
            let mut spelling = spellings.from(id);
            if spelling.as_deref() == Some(id) {
                if each(id).is_break() {
                    return Ok(None);
                }
                spelling = spellings.after(id);
            }
            next = spelling.map(Text);
            if next.is_none() {
                break;
            }
        }
        Ok(None)
    }

    fn scan(
        &mut self,
        spellings: &Spellings,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> rusqlite::Result<()> {
        let mut found = Vec::new();
        let mut rows = self.statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_bytes()?;
            if spellings.contain(id) {
                found.push(id.to_vec());
            }
        }
        found.sort();
        let _ = found.iter().try_for_each(|id| each(id));
        Ok(())
    }
}

/// Whether SQLite compares the bytes that the library sees: a UTF-16 database has another order.
fn stores_utf8(conn: &Connection) -> Result<bool, Error> {
    let encoding = conn.query_row("PRAGMA main.encoding", [], |row| row.get::<_, String>(0));
    Ok(encoding.during(conn, "reading the text encoding")? == "UTF-8")
}
