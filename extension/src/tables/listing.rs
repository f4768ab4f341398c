//! A list of the core's as the rows of a table.

use marker_core::Error;
use rusqlite::Connection;

use super::column::{Column, declaration};
use super::{Rows, Table};
use crate::answer::Answer;
use crate::failure::Failure;

/// A list that gives its items one after the other.
pub(super) trait Listing: Sized {
    type Row: 'static;
    const COLUMNS: &'static [Column<Self::Row>];

    fn begin(conn: &Connection) -> Result<Self, Error>;

    fn next(&mut self, conn: &Connection) -> Result<Option<Self::Row>, Error>;
}

impl Table {
    pub(super) const fn of<L: Listing + 'static>(name: &'static std::ffi::CStr) -> Self {
        Table {
            name,
            declaration: || declaration(L::COLUMNS),
            read: |conn| Ok(Box::new(Reading { listing: L::begin(conn)?, row: None })),
        }
    }
}

struct Reading<L: Listing> {
    listing: L,
    row: Option<L::Row>,
}

impl<L: Listing> Rows for Reading<L> {
    fn next(&mut self, conn: &Connection) -> Result<bool, Failure> {
        self.row = self.listing.next(conn)?;
        Ok(self.row.is_some())
    }

    fn value(&self, conn: &Connection, column: usize) -> Result<Answer, Failure> {
        match (&self.row, L::COLUMNS.get(column)) {
            (Some(row), Some(column)) => (column.value)(row, conn),
            _ => Ok(Answer::Null),
        }
    }
}
