//! Reading the model's tables from a database.

use facilitator_markers::rusqlite::types::{ToSqlOutput, ValueRef};
use facilitator_markers::rusqlite::{self, Connection, Statement, ToSql};

use super::{Database, Facilitator, Row, Value};

impl Database {
    /// What the tables of `main` hold, `reward_addresses` in the order in which the rows came.
    pub fn read(conn: &Connection) -> rusqlite::Result<Self> {
        Self::read_with(conn, "id", "rowid")
    }

    /// The same, where `facilitators` has this for an id, and the rows of `reward_addresses` come in this order.
    pub fn read_with(conn: &Connection, facilitator_id: &str, order: &str) -> rusqlite::Result<Self> {
        let users = read(conn, ["id"], r#"main."user" ORDER BY 1"#, |[id]| id)?;
        let facilitators = read(
            conn,
            [facilitator_id, "owner_address", "created_at"],
            "main.facilitators ORDER BY 1",
            |[id, owner_address, created_at]| Facilitator { id, owner_address, created_at },
        )?;
        let rows = read(
            conn,
            ["id", "user_id", "chain_type", "address", "verification_status", "verified_at", "created_at"],
            &format!("main.reward_addresses ORDER BY {order}"),
            |[id, user_id, chain_type, address, verification_status, verified_at, created_at]| Row {
                id,
                user_id,
                chain_type,
                address,
                verification_status,
                verified_at,
                created_at,
            },
        )?;
        Ok(Database { users, facilitators, rows })
    }
}

impl Value {
    /// What SQL writes so.
    pub fn written(conn: &Connection, sql: &str) -> rusqlite::Result<Self> {
        Ok(read(conn, [sql], "(SELECT 1)", |[value]| value)?.remove(0))
    }
}

/// Reads these columns, each with its bytes as they are stored.
fn read<const N: usize, T>(
    conn: &Connection,
    columns: [&str; N],
    from: &str,
    row: impl Fn([Value; N]) -> T,
) -> rusqlite::Result<Vec<T>> {
    let stored = columns.map(|column| format!("CAST({column} AS BLOB)"));
    let mut statement =
        conn.prepare(&format!("SELECT {}, {} FROM {from}", columns.join(", "), stored.join(", ")))?;
    let mut back = conn.prepare("SELECT CAST(?1 AS BLOB)")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(columns) = rows.next()? {
        let mut values = [const { Value::Null }; N];
        for (column, value) in values.iter_mut().enumerate() {
            *value = columns.get_ref(column)?.into();
            if value.as_text().is_some() {
                let stored: Vec<u8> = columns.get(N + column)?;
                if !survives(&mut back, value, &stored)? {
                    *value = Value::Blob(stored);
                }
            }
        }
        found.push(row(values));
    }
    Ok(found)
}

/// Whether SQLite takes a text, as it gives it, for what is stored. Such a one as doesn't come back, half of a surrogate
/// pair for one, is no text for the model.
fn survives(back: &mut Statement<'_>, text: &Value, stored: &[u8]) -> rusqlite::Result<bool> {
    back.query_row([text], |row| Ok(row.get_ref(0)?.as_blob()? == stored))
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => Value::Text(bytes.into()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(bytes) => ValueRef::Text(bytes),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
