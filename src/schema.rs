//! Whether the host's schema has what markers need, and how its tables can be read.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ffi};

use crate::connection::{encoding, too_old_sqlite};
use crate::encoding::Encoding;
use crate::error::{During, Error, Missing};
use crate::marker;
use crate::statement::{hidden, prepare};

pub(crate) const DOING: &str = "reading the schema";

/// What the library needs of one table.
struct Need {
    table: &'static str,
    columns: &'static [&'static str],
    unique: &'static [&'static [&'static str]],
}

const USER: Need = Need { table: "user", columns: &["id"], unique: &[&["id"]] };
const FACILITATORS: Need =
    Need { table: "facilitators", columns: &["owner_address", "created_at"], unique: &[] };
const REWARD_ADDRESSES: Need = Need {
    table: "reward_addresses",
    columns: &marker::COLUMNS,
    unique: &[&["id"], &["user_id", "address"]],
};

/// The collations that every SQLite has. See <https://sqlite.org/datatype3.html#collating_sequences>.
const COLLATIONS: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];

/// The host's tables, found to be fit.
pub(crate) struct Schema {
    pub(crate) user: Table,
    pub(crate) facilitators: Table,
    pub(crate) reward_addresses: Table,
    pub(crate) encoding: Encoding,
    /// Whether an index has the users in the order of their ids' bytes, as the library sees them.
    pub(crate) users_in_order: bool,
    /// The collation of a unique index on the users' ids: each has a place of its own in it.
    pub(crate) user_order: Option<&'static str>,
}

impl Schema {
    /// Reads the schema of `main`. Fails with [`Error::MissingSchema`] if something is missing, and with
    /// [`Error::UnsupportedSqlite`] on a SQLite that is too old to tell.
    pub(crate) fn read(conn: &Connection) -> Result<Self, Error> {
        require_new_enough()?;
        let mut missing = Vec::new();
        let [user, facilitators, reward_addresses] = [USER, FACILITATORS, REWARD_ADDRESSES].map(|need| {
            let table = Table::read(conn, &need)?;
            need.check(table.as_ref(), &mut missing);
            Ok::<_, Error>(table)
        });
        match (user?, facilitators?, reward_addresses?) {
            (Some(user), Some(facilitators), Some(reward_addresses)) if missing.is_empty() => {
                let encoding = encoding(conn).during(conn, "reading the text encoding")?;
                // A UTF-16 database has another order.
                let users_in_order = encoding == Encoding::Utf8 && user.is_indexed(conn, "id", "BINARY")?;
                let user_order = user.order("id");
                Ok(Schema { user, facilitators, reward_addresses, encoding, users_in_order, user_order })
            }
            _ => Err(Error::MissingSchema { missing }),
        }
    }
}

impl Schema {
    /// Fails as [`Schema::read`] does if something is missing that a marker can be written without, and asks
    /// for as little as possible otherwise: ids have to be unique, and facilitators have to be a table.
    pub(crate) fn require_what_no_write_needs(conn: &Connection) -> Result<(), Error> {
        require_new_enough()?;
        let mut is_table = false;
        pragma(conn, "PRAGMA main.table_list(\"facilitators\")", |row| {
            is_table |= row.get::<_, String>(2)? == "table";
            Ok(())
        })?;
        // Only SQLite itself makes indexes of such names, for a PRIMARY KEY or UNIQUE constraint. This is the
        // first one of the table.
        let mut columns = Vec::new();
        pragma(conn, "PRAGMA main.index_info(\"sqlite_autoindex_user_1\")", |row| {
            columns.push(row.get::<_, Option<String>>(2)?);
            Ok(())
        })?;
        match columns.as_slice() {
            [Some(column)] if is_table && column.eq_ignore_ascii_case("id") => Ok(()),
            _ => Schema::read(conn).map(drop),
        }
    }

    /// Whether the host keeps transactions, with all that tells an owner's volume.
    pub(crate) fn has_transactions(conn: &Connection) -> Result<bool, Error> {
        const OF_FACILITATORS: Need = Need { table: "facilitators", columns: &["id"], unique: &[] };
        const TRANSACTIONS: Need = Need {
            table: "transactions",
            columns: &[
                "facilitator_id",
                "type",
                "status",
                "from_address",
                "to_address",
                "amount",
                "created_at",
            ],
            unique: &[],
        };
        for need in [OF_FACILITATORS, TRANSACTIONS] {
            let mut missing = Vec::new();
            need.check(Table::read(conn, &need)?.as_ref(), &mut missing);
            if !missing.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a host's trigger may run when a marker is written.
    pub(crate) fn has_triggers(conn: &Connection) -> Result<bool, Error> {
        let mut found = false;
        // Compared here, since the host may have functions of its own in the place of SQLite's.
        pragma(conn, "SELECT type, tbl_name FROM main.sqlite_schema", |row| {
            let (kind, table) = (row.get_ref(0)?, row.get_ref(1)?);
            let is_of_markers = |table: &[u8]| table.eq_ignore_ascii_case(b"reward_addresses");
            // What an authorizer hides may be one.
            found |= kind == ValueRef::Null || table == ValueRef::Null;
            found |= kind == ValueRef::Text(b"trigger") && table.as_bytes().is_ok_and(is_of_markers);
            Ok(())
        })?;
        // To read the temporary schema of a connection that has none would give it one.
        let mut has_temp = false;
        pragma(conn, "PRAGMA database_list", |row| {
            has_temp |= row.get::<_, String>("name")? == "temp";
            Ok(())
        })?;
        if has_temp {
            pragma(conn, "SELECT type FROM temp.sqlite_schema", |row| {
                found |= row.get_ref(0)? != ValueRef::Text(b"table");
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Fails if the host's authorizer hides a column, as far as that can be told.
    pub(crate) fn require_to_be_seen(&self, conn: &Connection) -> Result<(), Error> {
        [&self.user, &self.facilitators, &self.reward_addresses]
            .into_iter()
            .try_for_each(|table| table.require_to_be_seen(conn))
    }

    /// The error for a statement that failed: what the schema lacks, if that is why.
    pub(crate) fn explain(conn: &Connection, error: Error) -> Error {
        if !matches!(error, Error::Sqlite { code: ffi::SQLITE_ERROR | ffi::SQLITE_SCHEMA, .. }) {
            return error;
        }
        match Schema::read(conn) {
            Err(missing @ (Error::MissingSchema { .. } | Error::UnsupportedSqlite { .. })) => missing,
            _ => error,
        }
    }
}

/// Fails on a SQLite that is too old.
fn require_new_enough() -> Result<(), Error> {
    too_old_sqlite().map_or(Ok(()), |version| Err(Error::UnsupportedSqlite { version }))
}

impl Need {
    fn check(&self, table: Option<&Table>, missing: &mut Vec<Missing>) {
        let Some(found) = table else {
            missing.push(Missing::Table(self.table));
            return;
        };
        let table = self.table;
        for column in self.columns {
            if !found.has_column(column) {
                missing.push(Missing::Column { table, column });
            }
        }
        for columns in self.unique {
            if !found.is_unique(columns) {
                let partial_index = found.partial_unique_index(columns);
                missing.push(Missing::Unique { table, columns, partial_index });
            }
        }
    }
}

/// A table of `main`.
pub(crate) struct Table {
    name: &'static str,
    columns: Vec<String>,
    primary_key: Vec<String>,
    /// Those of the columns that the library needs that are NOT NULL.
    not_null: Vec<String>,
    without_rowid: bool,
    /// The unique ones, where the library needs any.
    unique_indexes: Vec<Index>,
}

struct Index {
    name: String,
    /// Whether it has a WHERE clause, and so leaves rows out.
    is_partial: bool,
    /// With their collations; an expression has no name.
    columns: Vec<(Option<String>, String)>,
}

impl Index {
    /// Whether it is on exactly these columns, in any order.
    fn is_on(&self, columns: &[&str]) -> bool {
        let names: Option<Vec<_>> = self.columns.iter().map(|(name, _)| name.as_deref()).collect();
        names.is_some_and(|names| are_same(&names, columns))
    }
}

fn are_same(names: &[&str], columns: &[&str]) -> bool {
    names.len() == columns.len()
        && columns.iter().all(|column| names.iter().any(|name| name.eq_ignore_ascii_case(column)))
}

impl Table {
    /// `None` if `main` has no such table; a view is none.
    fn read(conn: &Connection, need: &Need) -> Result<Option<Self>, Error> {
        let name = need.table;
        let mut without_rowid = None;
        pragma(conn, &format!("PRAGMA main.table_list({name:?})"), |row| {
            if row.get::<_, String>("type")? == "table" {
                without_rowid = Some(row.get("wr")?);
            }
            Ok(())
        })?;
        let Some(without_rowid) = without_rowid else { return Ok(None) };

        let (mut columns, mut primary_key, mut not_null) = (Vec::new(), Vec::new(), Vec::new());
        pragma(conn, &format!("PRAGMA main.table_xinfo({name:?})"), |row| {
            let column: String = row.get("name")?;
            match row.get::<_, i64>("pk")? {
                0 => {}
                position => primary_key.push((position, column.clone())),
            }
            if row.get("notnull")? {
                not_null.push(column.clone());
            }
            columns.push(column);
            Ok(())
        })?;
        primary_key.sort();
        let primary_key = primary_key.into_iter().map(|(_, column)| column).collect();
        not_null.retain(|column| need.columns.iter().any(|name| name.eq_ignore_ascii_case(column)));
        let unique_indexes = if need.unique.is_empty() { Vec::new() } else { indexes(conn, name, true)? };
        let table = Table { name, columns, primary_key, not_null, without_rowid, unique_indexes };
        table.require_to_be_seen(conn)?;
        Ok(Some(table))
    }

    /// Fails if a column that is NOT NULL reads as NULL in every row, because the host's authorizer hides it. A single
    /// NULL is damage, and concerns its row alone.
    fn require_to_be_seen(&self, conn: &Connection) -> Result<(), Error> {
        if self.not_null.is_empty() {
            return Ok(());
        }
        let columns: Vec<_> = self.not_null.iter().map(|column| quoted(column)).collect();
        let sql = format!("SELECT {} FROM main.{:?}", columns.join(", "), self.name);
        let (mut unseen, mut is_empty) = ((0..columns.len()).collect::<Vec<_>>(), true);
        let mut read = || {
            let mut statement = prepare(conn, &sql)?;
            let mut rows = statement.query([])?;
            while !unseen.is_empty() {
                let Some(row) = rows.next()? else { break };
                is_empty = false;
                unseen.retain(|column| row.get_ref(*column) == Ok(ValueRef::Null));
            }
            match unseen.first() {
                Some(column) if !is_empty => {
                    Err(hidden(&format!("{}.{}", self.name, self.not_null[*column])))
                }
                _ => Ok(()),
            }
        };
        read().during(conn, DOING)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The collation of an index in which an equality on `column` finds the rows: `column = ? COLLATE …`. Those that
    /// SQLite itself has find all rows that are equal, and others besides.
    pub(crate) fn index_on(&self, conn: &Connection, column: &str) -> Result<Option<&'static str>, Error> {
        for collation in COLLATIONS {
            if self.is_indexed(conn, column, collation)? {
                return Ok(Some(collation));
            }
        }
        Ok(None)
    }

    /// Whether an equality on `column` in this collation, or an order by it, can use an index.
    pub(crate) fn is_indexed(&self, conn: &Connection, column: &str, collation: &str) -> Result<bool, Error> {
        let serves = |index: &Index| match index.columns.first() {
            Some((Some(name), own)) => {
                !index.is_partial && name.eq_ignore_ascii_case(column) && own.eq_ignore_ascii_case(collation)
            }
            _ => false,
        };
        Ok(self.unique_indexes.iter().any(serves) || indexes(conn, self.name, false)?.iter().any(serves))
    }

    /// Whether there is such a column.
    pub(crate) fn has_column(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name.eq_ignore_ascii_case(column))
    }

    /// The columns, quoted for SQL, by which the whole table can be read page by page; none if it can't. Each
    /// row has a value of its own in them, and the table is stored in their order.
    pub(crate) fn key(&self) -> Vec<String> {
        match ["rowid", "_rowid_", "oid"].iter().find(|name| !self.has_column(name)) {
            Some(rowid) if !self.without_rowid => vec![(*rowid).to_owned()],
            _ if self.without_rowid => self.primary_key.iter().map(|column| quoted(column)).collect(),
            _ => Vec::new(),
        }
    }

    /// The collation of a unique index that has nothing but this column: each row has a place of its own in it.
    pub(crate) fn order(&self, column: &str) -> Option<&'static str> {
        COLLATIONS.into_iter().find(|collation| self.is_ordered(column, collation))
    }

    /// Whether a unique index has nothing but this column, in this collation.
    fn is_ordered(&self, column: &str, collation: &str) -> bool {
        let has_collation =
            |index: &Index| matches!(&index.columns[..], [(_, own)] if own.eq_ignore_ascii_case(collation));
        self.unique_indexes
            .iter()
            .any(|index| !index.is_partial && index.is_on(&[column]) && has_collation(index))
    }

    /// Whether a unique index, where the library needs any, has one of these columns, or an expression that may have.
    pub(crate) fn is_unique_with_any(&self, columns: &[&str]) -> bool {
        let is_one = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let mut indexed = self.unique_indexes.iter().flat_map(|index| &index.columns);
        indexed.any(|(name, _)| name.as_deref().is_none_or(is_one))
    }

    fn is_unique(&self, columns: &[&str]) -> bool {
        let primary_key: Vec<_> = self.primary_key.iter().map(String::as_str).collect();
        are_same(&primary_key, columns)
            || self.unique_indexes.iter().any(|index| !index.is_partial && index.is_on(columns))
    }

    fn partial_unique_index(&self, columns: &[&str]) -> Option<String> {
        self.unique_indexes
            .iter()
            .find(|index| index.is_partial && index.is_on(columns))
            .map(|index| index.name.clone())
    }
}

/// The indexes of a table of `main`, or the unique ones only.
fn indexes(conn: &Connection, table: &str, only_unique: bool) -> Result<Vec<Index>, Error> {
    let mut indexes = Vec::new();
    pragma(conn, &format!("PRAGMA main.index_list({table:?})"), |row| {
        if row.get("unique")? || !only_unique {
            indexes.push(Index {
                name: row.get("name")?,
                is_partial: row.get("partial")?,
                columns: Vec::new(),
            });
        }
        Ok(())
    })?;
    for index in &mut indexes {
        pragma(conn, &format!("PRAGMA main.index_xinfo({})", quoted(&index.name)), |row| {
            if row.get("key")? {
                index.columns.push((row.get("name")?, row.get("coll")?));
            }
            Ok(())
        })?;
    }
    Ok(indexes)
}

/// An identifier for SQL.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Tells `each` the rows that a pragma gives.
pub(crate) fn pragma(
    conn: &Connection,
    sql: &str,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), Error> {
    let mut read = || {
        let mut statement = prepare(conn, sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    };
    read().during(conn, DOING)
}
