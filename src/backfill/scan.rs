//! Reading a whole table in pieces.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, ToSql};

use crate::encoding::Encoding;
use crate::error::{During, Error};
use crate::schema::{Schema, Table};
use crate::value::Value;

/// A place in a table, from which it can be read on.
///
/// Each piece is a statement of its own: nothing stays open between two of them, no lock and no snapshot.
pub(super) struct Scan {
    doing: &'static str,
    encoding: Encoding,
    /// How many columns are read, keys and raw texts apart.
    columns: usize,
    /// SELECT and FROM.
    select: String,
    /// The key, as SQL expressions; none where the table's rows can't be told apart.
    keys: Vec<String>,
    /// The condition of the first piece.
    from_the_start: &'static str,
    /// Where the key stands in a row, in front of its raw texts if there are any.
    first_key: usize,
    /// Whether all is read once a row comes whose first column is no TEXT.
    only_texts: bool,
    /// The key of the last row that was read.
    after: Option<Vec<Value>>,
}

/// What follows a row.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Flow {
    /// The next row.
    GoOn,
    /// The end of the piece.
    Pause,
}

/// How far a piece went.
pub(super) struct Piece {
    /// Rows read.
    pub(super) rows: u64,
    /// Where the next piece begins; `None` at the end of the table.
    resume: Option<Vec<Value>>,
}

impl Piece {
    /// Whether the table ends here.
    pub(super) fn is_last(&self) -> bool {
        self.resume.is_none()
    }
}

/// A row that is read.
pub(super) struct Record<'r, 's> {
    row: &'r Row<'s>,
    encoding: Encoding,
    columns: usize,
}

impl Record<'_, '_> {
    /// The value of a column. A TEXT that doesn't survive as UTF-8 is given as a BLOB, since it is equal to no
    /// id that does.
    pub(super) fn value(&self, column: usize) -> rusqlite::Result<ValueRef<'_>> {
        let value = self.row.get_ref(column)?;
        if self.encoding == Encoding::Utf8 || !matches!(value, ValueRef::Text(_)) {
            return Ok(value);
        }
        let stored = self.row.get_ref(self.columns + column)?.as_blob()?;
        Ok(if self.encoding.survives(stored) { value } else { ValueRef::Blob(stored) })
    }

    /// The text of a column that holds one which survives.
    pub(super) fn text(&self, column: usize) -> rusqlite::Result<Option<&[u8]>> {
        Ok(match self.value(column)? {
            ValueRef::Text(text) => Some(text),
            _ => None,
        })
    }
}

impl Scan {
    /// Reads these columns of all rows, in the order in which the table is stored.
    pub(super) fn of_table(table: &Table, encoding: Encoding, doing: &'static str, columns: &[&str]) -> Self {
        Self::with_keys(table.name(), table.key(), encoding, doing, columns)
    }

    fn with_keys(
        table: &str,
        keys: Vec<String>,
        encoding: Encoding,
        doing: &'static str,
        columns: &[&str],
    ) -> Self {
        let stored = |column: &String| format!("CAST({column} AS BLOB)");
        let mut read: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
        if encoding != Encoding::Utf8 {
            read.extend(read.iter().map(stored).collect::<Vec<_>>());
        }
        let first_key = read.len();
        read.extend(keys.iter().cloned());
        if encoding != Encoding::Utf8 {
            read.extend(keys.iter().map(stored));
        }
        let select = format!("SELECT {} FROM main.\"{table}\"", read.join(", "));
        let columns = columns.len();
        Scan {
            doing,
            encoding,
            columns,
            select,
            keys,
            from_the_start: "",
            first_key,
            only_texts: false,
            after: None,
        }
    }

    /// Reads the ids of all users in the order of a unique index, so that what is written for them comes close
    /// together in the indexes of `reward_addresses`; without one that is known, in the order in which the table is
    /// stored. To sort them anew for each piece would take time with the square of their number.
    pub(super) fn of_users(schema: &Schema) -> Self {
        let doing = "reading users";
        let by_id = |collation| {
            let keys = vec![format!("id COLLATE {collation}")];
            let scan = Scan::with_keys(schema.user.name(), keys, schema.encoding, doing, &["id"]);
            // TEXT lies between '' and every BLOB: what else a column may hold is no id. An upper bound here would be
            // compared with each row.
            let scan = Scan { from_the_start: "WHERE id >= ''", only_texts: true, ..scan };
            match schema.encoding {
                // The id is its own key.
                Encoding::Utf8 => {
                    Scan { select: "SELECT id FROM main.\"user\"".to_owned(), first_key: 0, ..scan }
                }
                _ => scan,
            }
        };
        match schema.user_order {
            Some(collation) => by_id(collation),
            None if schema.user.key().is_empty() => by_id("BINARY"),
            None => Scan::of_table(&schema.user, schema.encoding, doing, &["id"]),
        }
    }

    /// Reads on, up to `limit` rows or until `each` pauses, without moving: [`Scan::move_past`] does, once
    /// the piece has been put to use.
    ///
    /// A piece ends with a row whose key comes back as it was: where one is a TEXT that doesn't survive as UTF-8,
    /// it goes on to the next that does.
    pub(super) fn read(
        &self,
        conn: &Connection,
        limit: u64,
        mut each: impl FnMut(&Record<'_, '_>) -> rusqlite::Result<Flow>,
    ) -> Result<Piece, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let limit_of_statement = if self.encoding == Encoding::Utf8 { limit } else { -1 };
        let mut read = || {
            let parameters = self.after.iter().flatten().map(|value| value as &dyn ToSql);
            let in_pieces = (!self.keys.is_empty()).then_some(&limit_of_statement as &dyn ToSql);
            let parameters: Vec<_> = parameters.chain(in_pieces).collect();
            let mut statement = conn.prepare(&self.sql())?;
            let mut rows = statement.query(parameters.as_slice())?;
            let (mut read, mut pause) = (0, false);
            while let Some(row) = rows.next()? {
                let record = Record { row, encoding: self.encoding, columns: self.columns };
                if self.only_texts && !matches!(row.get_ref(0)?, ValueRef::Text(_)) {
                    break;
                }
                pause |= each(&record)? == Flow::Pause;
                read += 1;
                if !self.keys.is_empty() && (pause || read >= limit) {
                    if let Some(key) = self.key_of(row)? {
                        return Ok(Piece { rows: read.unsigned_abs(), resume: Some(key) });
                    }
                }
            }
            Ok(Piece { rows: read.unsigned_abs(), resume: None })
        };
        read().during(conn, self.doing)
    }

    fn sql(&self) -> String {
        let Scan { select, keys, from_the_start, .. } = self;
        let names = keys.join(", ");
        if keys.is_empty() {
            return select.clone();
        }
        if self.after.is_none() {
            return format!("{select} {from_the_start} ORDER BY {names} LIMIT ?1");
        }
        let parameters: Vec<_> = (1..=keys.len()).map(|number| format!("?{number}")).collect();
        let (parameters, limit) = (parameters.join(", "), keys.len() + 1);
        format!("{select} WHERE ({names}) > ({parameters}) ORDER BY {names} LIMIT ?{limit}")
    }

    /// The row's key, if it survives.
    fn key_of(&self, row: &Row<'_>) -> rusqlite::Result<Option<Vec<Value>>> {
        let mut key = Vec::with_capacity(self.keys.len());
        for number in 0..self.keys.len() {
            let value = row.get_ref(self.first_key + number)?;
            if self.encoding != Encoding::Utf8 && matches!(value, ValueRef::Text(_)) {
                let stored = row.get_ref(self.first_key + self.keys.len() + number)?.as_blob()?;
                if !self.encoding.survives(stored) {
                    return Ok(None);
                }
            }
            key.push(value.into());
        }
        Ok(Some(key))
    }

    /// Goes to where `piece` ended.
    pub(super) fn move_past(&mut self, piece: Piece) {
        if piece.resume.is_some() {
            self.after = piece.resume;
        }
    }
}
