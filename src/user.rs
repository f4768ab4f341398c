//! The user that an id names.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::error::{During, Error};
use crate::schema::Schema;
use crate::text::{Text, fold};

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

/// Looks for users whose ids differ from a given one in nothing but the case of `A`-`Z`.
///
/// Hosts rarely have an index on `lower(id)`, and a scan of all users would make the host wait. Instead this
/// goes through the index that every host has, from one possible spelling to the next that some user's id
/// leaves possible: a seek for each, of which a million random ids take about twenty.
pub(crate) struct CaseVariants<'c> {
    conn: &'c Connection,
    statement: Statement<'c>,
    seeks: bool,
}

/// The first user from an id on. Every BLOB is greater than every TEXT, so the empty one ends the texts.
const SEEK: &str = "SELECT id FROM main.\"user\" WHERE id >= ?1 COLLATE BINARY AND id < x'' \
                    AND typeof(id) = 'text' \
                    ORDER BY id COLLATE BINARY LIMIT 1";

/// lower() may be the host's own, which knows more letters: its answers are looked at again.
const SCAN: &str = "SELECT id FROM main.\"user\" WHERE lower(id) = lower(?1) AND typeof(id) = 'text' \
                    ORDER BY id COLLATE BINARY";

impl<'c> CaseVariants<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        let seeks = schema.user.is_indexed(conn, "id")? && stores_utf8(conn)?;
        let statement = conn.prepare(if seeks { SEEK } else { SCAN }).during(conn, DOING)?;
        Ok(CaseVariants { conn, statement, seeks })
    }

    /// The users whose ids differ from `id` in nothing but the case of `A`-`Z`, up to `limit` of them.
    pub(crate) fn of(&mut self, id: &Text, limit: usize) -> Result<Vec<Text>, Error> {
        let found = if self.seeks { self.seek(&fold(&id.0), limit) } else { self.scan(id, limit) };
        found.during(self.conn, DOING)
    }

    fn seek(&mut self, folded: &[u8], limit: usize) -> rusqlite::Result<Vec<Text>> {
        let mut found = Vec::new();
        let mut target = first_spelling(folded);
        loop {
            let next = {
                let mut rows = self.statement.query([&target])?;
                let Some(row) = rows.next()? else { return Ok(found) };
                Text(row.get_ref(0)?.as_bytes()?.to_vec())
            };
            let after = if next == target {
                let after = spelling_after(folded, &next.0, false);
                found.push(next);
                after
            } else {
                spelling_after(folded, &next.0, true)
            };
            match after {
                Some(after) if found.len() < limit => target = after,
                _ => return Ok(found),
            }
        }
    }

    fn scan(&mut self, id: &Text, limit: usize) -> rusqlite::Result<Vec<Text>> {
        let mut found = Vec::new();
        let mut rows = self.statement.query([id])?;
        while let Some(row) = rows.next()? {
            let candidate = row.get_ref(0)?.as_bytes()?;
            if found.len() < limit && candidate.eq_ignore_ascii_case(&id.0) {
                found.push(Text(candidate.to_vec()));
            }
        }
        Ok(found)
    }
}

/// Whether SQLite compares the bytes that the library sees: a UTF-16 database has another order.
fn stores_utf8(conn: &Connection) -> Result<bool, Error> {
    let encoding = conn.query_row("PRAGMA main.encoding", [], |row| row.get::<_, String>(0));
    Ok(encoding.during(conn, "reading the text encoding")? == "UTF-8")
}

fn first_spelling(folded: &[u8]) -> Text {
    Text(folded.to_ascii_uppercase())
}

/// The first text in byte order that folds to `folded` and comes after `text`, or is `text` itself where
/// `or_equal`.
fn spelling_after(folded: &[u8], text: &[u8], or_equal: bool) -> Option<Text> {
    let agreeing = folded.iter().zip(text).take_while(|(f, t)| **f == t.to_ascii_lowercase()).count();
    if or_equal && agreeing == folded.len() && text.len() == folded.len() {
        return Some(Text(text.to_vec()));
    }
    // The spelling leaves `text` at the last place where it can be greater: at the first disagreement, at the
    // end of a shorter text, or at an upper-case letter before that.
    let at_disagreement = match (folded.get(agreeing), text.get(agreeing)) {
        (Some(f), Some(t)) => [f.to_ascii_uppercase(), *f].into_iter().find(|option| option > t),
        (Some(f), None) => Some(f.to_ascii_uppercase()),
        (None, _) => None,
    };
    let (place, byte) = match at_disagreement {
        Some(byte) => (agreeing, byte),
        None => {
            let place = text[..agreeing].iter().rposition(u8::is_ascii_uppercase)?;
            (place, folded[place])
        }
    };
    let mut spelling = text[..place].to_vec();
    spelling.push(byte);
    spelling.extend(folded[place + 1..].iter().map(u8::to_ascii_uppercase));
    Some(Text(spelling))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All spellings, by counting through the letters' cases.
    fn spellings(folded: &[u8]) -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        for byte in folded {
            let upper = byte.to_ascii_uppercase();
            let options = if upper == *byte { vec![*byte] } else { vec![upper, *byte] };
            all = all
                .iter()
                .flat_map(|start| options.iter().map(|option| [start.as_slice(), &[*option]].concat()))
                .collect();
        }
        all.sort();
        all
    }

    #[test]
    fn the_next_spelling_is_the_smallest_that_is_not_before() {
        for folded in [&b""[..], b"a", b"ab", b"a1b", b"zz_\xff", b"a\0b", "äb[`{".as_bytes()] {
            let all = spellings(folded);
            let mut texts = all.clone();
            for other in
                [&b""[..], b"A", b"AB", b"aB", b"a1", b"a1c", b"A1Ba", b"b", b"Z", b"[", b"~", b"\xff\xff"]
            {
                texts.push(other.to_vec());
                texts.push([folded, other].concat());
            }
            for text in texts {
                for or_equal in [true, false] {
                    let expected =
                        all.iter().find(|one| **one > text || or_equal && **one == text).cloned().map(Text);
                    let case = (String::from_utf8_lossy(folded), String::from_utf8_lossy(&text), or_equal);
                    assert_eq!(spelling_after(folded, &text, or_equal), expected, "{case:?}");
                }
            }
        }
    }
}
