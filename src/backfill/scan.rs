//! Reading a whole table in pieces.

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

/// What follows a row.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Flow {
    /// The next row.
    GoOn,
    /// The end of the piece.
    Pause,
    /// Nothing: what is read ended before this row.
    End,
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
        let (name, key) = (table.name(), table.key());
        let names = key.join(", ");
        if key.is_empty() {
            // A table whose rows can't be told apart is one piece.
            let first = format!("SELECT {columns} FROM main.\"{name}\"");
            return Scan { doing, first, next: String::new(), keys: 0, after: None };
        }
        let parameters: Vec<_> = (1..=key.len()).map(|number| format!("?{number}")).collect();
        let from = format!("SELECT {columns}, {names} FROM main.\"{name}\"");
        let first = format!("{from} ORDER BY {names} LIMIT ?1");
        let next = format!(
            "{from} WHERE ({names}) > ({}) ORDER BY {names} LIMIT ?{}",
            parameters.join(", "),
            key.len() + 1
        );
        Scan { doing, first, next, keys: key.len(), after: None }
    }

    /// Reads the ids of all users, in byte order. They end with the first that is no TEXT.
    pub(super) fn of_users() -> Self {
        // TEXT lies between '' and every BLOB: what else a column may hold is no id. An upper bound here would
        // be compared with each row.
        let after = |bound: &str, limit: &str| {
            format!(
                "SELECT id COLLATE BINARY FROM main.\"user\" WHERE id {bound} COLLATE BINARY \
                 ORDER BY id COLLATE BINARY LIMIT {limit}"
            )
        };
        let (first, next) = (after(">= ''", "?1"), after("> ?1", "?2"));
        Scan { doing: "reading users", first, next, keys: 1, after: None }
    }

    /// Reads on, up to `limit` rows or until `each` pauses, without moving: [`Scan::move_past`] does, once
    /// the piece has been put to use.
    pub(super) fn read(
        &self,
        conn: &Connection,
        limit: u64,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<Flow>,
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
                let flow = each(row)?;
                if flow == Flow::End {
                    break;
                }
                read += 1;
                if self.keys > 0 && (flow == Flow::Pause || read == limit) {
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
