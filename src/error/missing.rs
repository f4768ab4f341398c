//! What the host's schema lacks.

use std::fmt;

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
        /// A unique index on these columns that doesn't count, because it has a WHERE clause: rows that the
        /// clause leaves out may be there twice.
        partial_index: Option<String>,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Table(table) => write!(f, "table {table}"),
            Missing::Column { table, column } => write!(f, "column {table}.{column}"),
            Missing::Unique { table, columns, partial_index } => {
                write!(f, "unique constraint {table}({})", columns.join(", "))?;
                match partial_index {
                    Some(index) => write!(f, " (index {index} doesn't count, because it has a WHERE clause)"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// All of it, for a sentence.
pub(super) fn list(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What to do about it.
pub(super) fn remedy(missing: &[Missing]) -> &'static str {
    match missing {
        [Missing::Table("reward_addresses")] => {
            "run the host's migrations first; if the host has given its rewards up for good, drop the call"
        }
        _ => "run the host's migrations first, or check that this is the host's database",
    }
}
