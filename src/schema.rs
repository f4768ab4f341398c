//! Whether the host's schema has what markers need, and how its tables can be read.

use std::fmt;

use rusqlite::{Connection, ffi};

use crate::error::{During, Error};

const DOING: &str = "reading the schema";

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
    columns: &["id", "user_id", "chain_type", "address", "verification_status", "verified_at", "created_at"],
    unique: &[&["id"], &["user_id", "address"]],
};

/// The host's tables, found to be fit.
pub(crate) struct Schema {
    pub(crate) user: Table,
    pub(crate) facilitators: Table,
    pub(crate) reward_addresses: Table,
}

impl Schema {
    /// Reads the schema of `main`. Fails with [`Error::MissingSchema`] if something is missing, and with
    /// [`Error::UnsupportedSqlite`] on a SQLite that is too old to tell.
    pub(crate) fn read(conn: &Connection) -> Result<Self, Error> {
        if rusqlite::version_number() < 3_040_000 {
            return Err(Error::UnsupportedSqlite { version: rusqlite::version() });
        }
        let mut missing = Vec::new();
        let [user, facilitators, reward_addresses] = [USER, FACILITATORS, REWARD_ADDRESSES].map(|need| {
            let table = Table::read(conn, &need)?;
            need.check(table.as_ref(), &mut missing);
            Ok(table)
        });
        match (user?, facilitators?, reward_addresses?) {
            (Some(user), Some(facilitators), Some(reward_addresses)) if missing.is_empty() => {
                Ok(Schema { user, facilitators, reward_addresses })
            }
            _ => Err(Error::MissingSchema { missing }),
        }
    }
}

impl Schema {
    /// Fails as [`Schema::read`] does if something is missing that a marker can be written without, and asks
    /// for as little as possible otherwise: ids have to be unique, and facilitators have to be a table.
    pub(crate) fn require_what_no_write_needs(conn: &Connection) -> Result<(), Error> {
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

    /// Whether a host's trigger may run when a marker is written.
    pub(crate) fn has_triggers(conn: &Connection) -> Result<bool, Error> {
        let exists =
            |sql| conn.prepare(sql).and_then(|mut statement| statement.exists([])).during(conn, DOING);
        let of_main = "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = 'reward_addresses'";
        let of_temp = "SELECT 1 FROM temp.sqlite_schema WHERE type = 'trigger'";
        // To read the temporary schema of a connection that has none would give it one.
        let mut has_temp = false;
        pragma(conn, "PRAGMA database_list", |row| {
            has_temp |= row.get::<_, String>("name")? == "temp";
            Ok(())
        })?;
        Ok(exists(of_main)? || has_temp && exists(of_temp)?)
    }

    /// The error for a statement that failed: what the schema lacks, if that is why.
    pub(crate) fn explain(conn: &Connection, error: Error) -> Error {
        if !matches!(error, Error::Sqlite { code: ffi::SQLITE_ERROR, .. }) {
            return error;
        }
        match Schema::read(conn) {
            Err(missing @ (Error::MissingSchema { .. } | Error::UnsupportedSqlite { .. })) => missing,
            _ => error,
        }
    }
}

impl Need {
    fn check(&self, table: Option<&Table>, missing: &mut Vec<Missing>) {
        let Some(found) = table else {
            missing.push(Missing::Table(self.table));
            return;
        };
        let table = self.table;
        for column in self.columns {
            if !found.columns.iter().any(|name| name.eq_ignore_ascii_case(column)) {
                missing.push(Missing::Column { table, column });
            }
        }
        for columns in self.unique {
            if !found.is_unique(columns) {
                missing.push(Missing::Unique { table, columns });
            }
        }
    }
}

/// Something that the host's schema lacks. Tables are those of the schema `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// A table (a view doesn't count).
    Table(&'static str),
    /// A column.
    Column {
        /// Its table.
        table: &'static str,
        /// Its name.
        column: &'static str,
    },
    /// A unique constraint, primary key or unique index on exactly these columns, without a WHERE clause.
    Unique {
        /// Its table.
        table: &'static str,
        /// Its columns.
        columns: &'static [&'static str],
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Table(table) => write!(f, "table {table}"),
            Missing::Column { table, column } => write!(f, "column {table}.{column}"),
            Missing::Unique { table, columns } => {
                write!(f, "unique constraint {table}({})", columns.join(", "))
            }
        }
    }
}

/// A table of `main`.
pub(crate) struct Table {
    name: &'static str,
    columns: Vec<String>,
    primary_key: Vec<String>,
    without_rowid: bool,
    /// The unique ones, where the library needs any.
    unique_indexes: Vec<Index>,
}

/// The columns of an index without a WHERE clause, with their collations; an expression has no name.
struct Index(Vec<(Option<String>, String)>);

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

        let (mut columns, mut primary_key) = (Vec::new(), Vec::new());
        pragma(conn, &format!("PRAGMA main.table_xinfo({name:?})"), |row| {
            let column: String = row.get("name")?;
            match row.get::<_, i64>("pk")? {
                0 => {}
                position => primary_key.push((position, column.clone())),
            }
            columns.push(column);
            Ok(())
        })?;
        primary_key.sort();
        let primary_key = primary_key.into_iter().map(|(_, column)| column).collect();
        let unique_indexes = if need.unique.is_empty() { Vec::new() } else { indexes(conn, name, true)? };
        Ok(Some(Table { name, columns, primary_key, without_rowid, unique_indexes }))
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether an equality on `column`, or an order by it, can use an index that compares bytes.
    pub(crate) fn is_indexed(&self, conn: &Connection, column: &str) -> Result<bool, Error> {
        let is_first_of = |Index(columns): &Index| match columns.first() {
            Some((Some(name), collation)) => {
                name.eq_ignore_ascii_case(column) && collation.eq_ignore_ascii_case("BINARY")
            }
            _ => false,
        };
        Ok(self.unique_indexes.iter().any(is_first_of)
            || indexes(conn, self.name, false)?.iter().any(is_first_of))
    }

    /// The columns, quoted for SQL, by which the whole table can be read in pieces; none if it can't. Each
    /// row has a value of its own in them, and the table is stored in their order.
    pub(crate) fn key(&self) -> Vec<String> {
        let is_column = |name: &&str| self.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        match ["rowid", "_rowid_", "oid"].iter().find(|name| !is_column(name)) {
            Some(rowid) if !self.without_rowid => vec![(*rowid).to_owned()],
            _ if self.without_rowid => self.primary_key.iter().map(|column| quoted(column)).collect(),
            _ => Vec::new(),
        }
    }

    fn is_unique(&self, columns: &[&str]) -> bool {
        let same = |names: &[&str]| {
            names.len() == columns.len()
                && columns.iter().all(|column| names.iter().any(|name| name.eq_ignore_ascii_case(column)))
        };
        let primary_key: Vec<_> = self.primary_key.iter().map(String::as_str).collect();
        same(&primary_key)
            || self.unique_indexes.iter().any(|Index(columns)| {
                let names: Option<Vec<_>> = columns.iter().map(|(name, _)| name.as_deref()).collect();
                names.is_some_and(|names| same(&names))
            })
    }
}

/// The indexes of a table of `main`, or the unique ones only.
fn indexes(conn: &Connection, table: &str, only_unique: bool) -> Result<Vec<Index>, Error> {
    let mut names = Vec::new();
    pragma(conn, &format!("PRAGMA main.index_list({table:?})"), |row| {
        if !row.get::<_, bool>("partial")? && (row.get("unique")? || !only_unique) {
            names.push(row.get::<_, String>("name")?);
        }
        Ok(())
    })?;
    let columns = |name: String| {
        let mut columns = Vec::new();
        pragma(conn, &format!("PRAGMA main.index_xinfo({})", quoted(&name)), |row| {
            if row.get("key")? {
                columns.push((row.get("name")?, row.get("coll")?));
            }
            Ok(())
        })?;
        Ok(Index(columns))
    };
    names.into_iter().map(columns).collect()
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

fn pragma(
    conn: &Connection,
    sql: &str,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), Error> {
    let mut read = || {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    };
    read().during(conn, DOING)
}
