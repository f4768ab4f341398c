//! Reading a whole table in pieces.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row, ToSql};

use crate::error::{During, Error};
use crate::schema::Table;
use crate::value::Value;

/// A place in a table, from which it can be read on.
///
/// Each piece is a statement of its own: nothing stays open between two of them, no lock and no snapshot.
pub(super) struct Scan {
    doing: &'static str,
    first: String,
    next: String,
    keys: usize,
    /// The key of the last row that was read.
    after: Option<Vec<Value>>,
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

impl Scan {
    /// Reads `columns`, which are SQL expressions, of all rows in the order in which the table is stored. In
    /// the rows they come first.
    pub(super) fn of_table(table: &Table, doing: &'static str, columns: &str) -> Self {
        Self::new(doing, table.name(), &table.key(), Some(columns), "1")
    }

    /// Reads the ids of all users, in byte order.
    pub(super) fn of_users() -> Self {
        // TEXT lies between '' and every BLOB, of which x'' is the first: what else a column may hold is no
        // id.
        Self::new("reading users", "user", &["id COLLATE BINARY".to_owned()], None, "id >= '' AND id < x''")
    }

    fn new(doing: &'static str, table: &str, key: &[String], columns: Option<&str>, condition: &str) -> Self {
        let names = key.join(", ");
        let select = columns.into_iter().chain(key.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
        let from = format!("SELECT {select} FROM main.\"{table}\" WHERE {condition}");
        if key.is_empty() {
            // A table whose rows can't be told apart is one piece.
            return Scan { doing, first: from, next: String::new(), keys: 0, after: None };
        }
        let count = key.len();
        let parameters: Vec<_> = (1..=count).map(|number| format!("?{number}")).collect();
        let first = format!("{from} ORDER BY {names} LIMIT ?1");
        let next = format!(
            "{from} AND ({names}) > ({}) ORDER BY {names} LIMIT ?{}",
            parameters.join(", "),
            count + 1
        );
        Scan { doing, first, next, keys: count, after: None }
    }

    /// Reads on, up to `limit` rows or until `each` breaks, without moving: [`Scan::move_past`] does, once
    /// the piece has been put to use.
    pub(super) fn read(
        &self,
        conn: &Connection,
        limit: u64,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<ControlFlow<()>>,
    ) -> Result<Piece, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut read = || {
            let sql = if self.after.is_some() { &self.next } else { &self.first };
            let parameters = self.after.iter().flatten().map(|value| value as &dyn ToSql);
            let in_pieces = (self.keys > 0).then_some(&limit as &dyn ToSql);
            let parameters: Vec<_> = parameters.chain(in_pieces).collect();
            let mut statement = conn.prepare(sql)?;
            let first_key = statement.column_count() - self.keys;
            let mut rows = statement.query(parameters.as_slice())?;
            let mut read = 0;
            while let Some(row) = rows.next()? {
                read += 1;
                let flow = each(row)?;
                if self.keys > 0 && (flow.is_break() || read == limit) {
                    let key =
                        (first_key..first_key + self.keys).map(|column| Ok(row.get_ref(column)?.into()));
                    let resume = Some(key.collect::<rusqlite::Result<_>>()?);
                    return Ok(Piece { rows: read.unsigned_abs(), resume });
                }
            }
            Ok(Piece { rows: read.unsigned_abs(), resume: None })
        };
        read().during(conn, self.doing)
    }

    /// Goes to where `piece` ended.
    pub(super) fn move_past(&mut self, piece: Piece) {
        if piece.resume.is_some() {
            self.after = piece.resume;
        }
    }
}
