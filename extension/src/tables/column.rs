//! A column of a table-valued function.

use rusqlite::Connection;

use crate::answer::Answer;
use crate::failure::Failure;

/// What stands in a column of a row. The connection is for what is looked up only where a statement names the column.
type Value<R> = fn(&R, &Connection) -> Result<Answer, Failure>;

/// A column of a table whose rows are `R`.
pub(super) struct Column<R> {
    name: &'static str,
    /// What the declaration has after the name.
    kind: &'static str,
    pub(super) value: Value<R>,
}

impl<R> Column<R> {
    pub(super) const fn text(name: &'static str, value: Value<R>) -> Self {
        Column { name, kind: "TEXT", value }
    }

    pub(super) const fn integer(name: &'static str, value: Value<R>) -> Self {
        Column { name, kind: "INTEGER", value }
    }

    /// As [`text`](Column::text), and `*` leaves it out.
    pub(super) const fn hidden_text(name: &'static str, value: Value<R>) -> Self {
        Column { name, kind: "TEXT HIDDEN", value }
    }

    /// As [`integer`](Column::integer), and `*` leaves it out.
    pub(super) const fn hidden_integer(name: &'static str, value: Value<R>) -> Self {
        Column { name, kind: "INTEGER HIDDEN", value }
    }
}

/// The statement that declares a table of these columns, whose name in it doesn't count.
pub(super) fn declaration<R>(columns: &[Column<R>]) -> String {
    let columns: Vec<_> =
        columns.iter().map(|Column { name, kind, .. }| format!("\"{name}\" {kind}")).collect();
    format!("CREATE TABLE listed({})", columns.join(", "))
}
