//! Looking for the users whose ids are case variants.

use std::ops::ControlFlow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Rows, Statement};

use super::variants::CaseVariants;
use crate::encoding::Encoding;
use crate::error::{During, Error};
use crate::schema::Schema;
use crate::statement::{prepare, require_not_ignored};
use crate::text::Text;

const DOING: &str = "reading users";

/// Looks for users whose ids differ from given ones in nothing but the case of `A`-`Z`.
///
/// Hosts rarely have an index on `lower(id)`, and a scan of all users would make the host wait. Instead this
/// goes through the index that every host has, from one possible variant to the next that some user's id
/// leaves possible. Among a million random ids that takes about twenty seeks for one id; for many that are
/// neighbours it is little more than reading the users around them.
pub(crate) struct Search<'c> {
    conn: &'c Connection,
    statement: Statement<'c>,
    way: Way,
    encoding: Encoding,
    passed: u64,
}

/// How case variants are found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// In the index on the ids, whose order is that of their bytes.
    Seek,
    /// In the index on the ids, which takes no notice of case.
    LookUp,
    /// Among all users.
    Scan,
}

impl Way {
    /// The statement. Where the order isn't that of UTF-8, the id is read as it is stored as well.
    fn sql(self) -> &'static str {
        match self {
            // From an id on. Every BLOB is greater than every TEXT, so the empty one ends the texts.
            Way::Seek => {
                "SELECT id FROM main.\"user\" WHERE id >= ?1 COLLATE BINARY AND id < x'' \
                 ORDER BY id COLLATE BINARY"
            }
            Way::LookUp => "SELECT id, CAST(id AS BLOB) FROM main.\"user\" WHERE id = ?1 COLLATE NOCASE",
            Way::Scan => "SELECT id, CAST(id AS BLOB) FROM main.\"user\"",
        }
    }
}

/// After so many seeks for each text, and again after as many, one user more is passed before the next seek.
const SEEKS_PER_TEXT: usize = 8;

impl<'c> Search<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        let way = if schema.user.is_indexed(conn, "id", "NOCASE")? {
            Way::LookUp
        } else if schema.users_in_order {
            Way::Seek
        } else {
            Way::Scan
        };
        let statement = prepare(conn, way.sql()).during(conn, DOING)?;
        Ok(Search { conn, statement, way, encoding: schema.encoding, passed: 0 })
    }

    /// Whether a look-up reads all users, for want of an index.
    pub(crate) fn reads_all(&self) -> bool {
        self.way == Way::Scan
    }

    /// The users whose ids differ from `id` in nothing but case, up to `limit` of them.
    pub(crate) fn of(&mut self, id: &Text, limit: usize) -> Result<Vec<Text>, Error> {
        let mut found = Vec::new();
        self.for_each(&CaseVariants::of([id])?, |user_id| {
            found.push(Text::copy(user_id)?);
            Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(found)
    }

    /// Tells `each` the users whose ids are among these variants, in byte order, until it breaks off.
    pub(crate) fn for_each(
        &mut self,
        variants: &CaseVariants,
        each: impl FnMut(&[u8]) -> rusqlite::Result<ControlFlow<()>>,
    ) -> Result<(), Error> {
        if variants.is_empty() {
            return Ok(());
        }
        let found = match self.way {
            Way::Seek => self.seek(variants, each),
            Way::LookUp | Way::Scan => self.collect(variants, each),
        };
        found.during(self.conn, DOING)
    }

    /// How many users were passed so far.
    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }

    fn seek(
        &mut self,
        variants: &CaseVariants,
        mut each: impl FnMut(&[u8]) -> rusqlite::Result<ControlFlow<()>>,
    ) -> rusqlite::Result<()> {
        let mut sought = variants.from(b"")?.map(Text);
        let mut seeks = 0;
        while let Some(target) = sought {
            // Somebody may have chosen ids that leave a variant possible behind each of them.
            let near = seeks / (SEEKS_PER_TEXT * variants.texts());
            sought = self.seek_from(target, near, variants, &mut each)?;
            seeks += 1;
        }
        Ok(())
    }

    /// Goes through the users from `target` on, as long as the next variant is near. Gives that one if it
    /// isn't, and nothing at the end.
    fn seek_from(
        &mut self,
        target: Text,
        near: usize,
        variants: &CaseVariants,
        mut each: impl FnMut(&[u8]) -> rusqlite::Result<ControlFlow<()>>,
    ) -> rusqlite::Result<Option<Text>> {
        let mut rows = self.statement.query([&target])?;
        let (mut next, mut passed_in_vain) = (None, 0);
        while let Some(row) = rows.next()? {
            self.passed += 1;
            // A column that converts numbers leads to numbers, and to texts before a target that looks like one.
            let ValueRef::Text(id) = row.get_ref(0)? else { continue };
            let expected = next.as_ref().unwrap_or(&target);
            if id < expected.0.as_slice() {
                passed_in_vain += 1;
                if passed_in_vain > near && next.is_some() {
                    return Ok(next);
                }
                continue;
            }
            passed_in_vain = 0;
            let Some(variant) = variants.from(id)? else { break };
            if variant == id && each(id)?.is_break() {
                break;
            }
            next = Some(Text(variant));
        }
        drop(rows);
        require_not_ignored(&self.statement)?;
        Ok(None)
    }

    fn collect(
        &mut self,
        variants: &CaseVariants,
        mut each: impl FnMut(&[u8]) -> rusqlite::Result<ControlFlow<()>>,
    ) -> rusqlite::Result<()> {
        let mut found = Vec::new();
        if self.way == Way::LookUp {
            for first in variants.firsts() {
                let rows = self.statement.query([ToSqlOutput::Borrowed(ValueRef::Text(first))])?;
                self.passed += keep(rows, self.encoding, variants, &mut found)?;
            }
        } else {
            self.passed += keep(self.statement.query([])?, self.encoding, variants, &mut found)?;
        }
        require_not_ignored(&self.statement)?;
        found.sort();
        found.dedup();
        for id in &found {
            if each(&id.0)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Keeps the ids among these rows that are variants, and gives the number of rows.
fn keep(
    mut rows: Rows<'_>,
    encoding: Encoding,
    variants: &CaseVariants,
    found: &mut Vec<Text>,
) -> rusqlite::Result<u64> {
    let mut passed = 0;
    while let Some(row) = rows.next()? {
        passed += 1;
        let ValueRef::Text(id) = row.get_ref(0)? else { continue };
        if variants.contain(id) && encoding.survives(row.get_ref(1)?.as_blob()?) {
            found.push(Text::copy(id)?);
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of up to four of these characters, which stand on both sides of the letters.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut longest = all.clone();
        for _ in 0..4 {
            longest =
                longest.iter().flat_map(|text| "1AaBb_".chars().map(move |c| format!("{text}{c}"))).collect();
            all.extend_from_slice(&longest);
        }
        all
    }

    /// A host with every `nth` of the texts as a user.
    fn host(schema: &str, nth: usize) -> (Connection, Vec<String>) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(schema).unwrap();
        let ids: Vec<_> = texts().into_iter().step_by(nth).collect();
        conn.execute_batch("BEGIN").unwrap();
        for id in &ids {
            let sql = "INSERT INTO \"user\"(id, name, email) VALUES (?1, 'Somebody', hex(randomblob(8)))";
            conn.execute(sql, [id]).unwrap();
        }
        conn.execute_batch("COMMIT").unwrap();
        (conn, ids)
    }

    #[test]
    fn the_users_of_all_variants_are_found_be_they_many_or_few() {
        let as_usual = include_str!("../../tests/host/schema.sql");
        let with = |collation: &str| {
            as_usual.replacen("PRIMARY KEY NOT NULL", &format!("PRIMARY KEY NOT NULL COLLATE {collation}"), 1)
        };
        let unique_but_for_an_index =
            as_usual.to_owned() + "CREATE INDEX by_folded_id ON \"user\"(id COLLATE NOCASE);";
        for (schema, way) in [
            (as_usual.to_owned(), Way::Seek),
            (unique_but_for_an_index, Way::LookUp),
            (with("RTRIM") + "CREATE INDEX by_folded_id ON \"user\"(id COLLATE NOCASE);", Way::LookUp),
            (with("RTRIM"), Way::Scan),
            (format!("PRAGMA encoding = 'UTF-16le'; {as_usual}"), Way::Scan),
        ] {
            for nth in [1, 7, 100] {
                let (conn, users) = host(&schema, nth);
                let mut search = Search::new(&conn, &Schema::read(&conn).unwrap()).unwrap();
                assert_eq!(search.way, way);
                for sought_nth in [1, 3, 50, 400, 1500] {
                    let sought: Vec<_> = texts()
                        .iter()
                        .skip(2)
                        .step_by(sought_nth)
                        .map(|id| Text::from(id.as_str()))
                        .collect();
                    let is_sought =
                        |user: &&String| sought.iter().any(|id| user.as_bytes().eq_ignore_ascii_case(&id.0));
                    let mut expected: Vec<_> = users.iter().filter(is_sought).cloned().collect();
                    expected.sort();
                    let mut found = Vec::new();
                    search
                        .for_each(&CaseVariants::of(&sought).unwrap(), |id| {
                            found.push(String::from_utf8(id.to_vec()).unwrap());
                            Ok(ControlFlow::Continue(()))
                        })
                        .unwrap();
                    assert_eq!(found, expected, "every {nth}th of users, every {sought_nth}th of ids");
                }
                let few = search.of(&Text::from("aab"), 2).unwrap();
                assert!(few.len() <= 2 && few.is_sorted());
            }
        }
    }

    #[test]
    fn an_id_that_looks_like_a_number_is_sought_to_an_end_where_the_host_would_convert_it() {
        let schema = include_str!("../../tests/host/schema.sql").replacen(
            "TEXT PRIMARY KEY",
            "NUMERIC PRIMARY KEY",
            1,
        );
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&schema).unwrap();
        let before = (0..16).map(|number| format!("+{number}x"));
        for id in before.chain(["1e5", "1e5x", "7", "x"].map(str::to_owned)) {
            let sql = "INSERT INTO \"user\"(id, name, email) VALUES (?1, 'Somebody', ?1)";
            conn.execute(sql, [id]).unwrap();
        }
        let mut search = Search::new(&conn, &Schema::read(&conn).unwrap()).unwrap();
        assert_eq!(search.way, Way::Seek);
        assert_eq!(search.of(&Text::from("1e5"), 2).unwrap(), [], "numbers are no ids");
        let mut found = Vec::new();
        search
            .for_each(&CaseVariants::of(&["1E5", "X"].map(Text::from)).unwrap(), |id| {
                found.push(Text(id.to_vec()));
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        assert_eq!(found, [Text::from("x")]);
    }
}
