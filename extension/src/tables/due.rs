//! `facilitator_markers_due`: the owners whom a backfill would enroll.

use marker_core::{DueOwner, DueOwners, Error};
use rusqlite::Connection;

use super::Table;
use super::column::Column;
use super::listing::Listing;

pub(super) const TABLE: Table = Table::of::<DueOwners>(c"facilitator_markers_due");

impl Listing for DueOwners {
    type Row = DueOwner;

    const COLUMNS: &'static [Column<DueOwner>] = &[
        Column::text("user_id", |owner, _| Ok(owner.user_id.as_str().into())),
        Column::text("enrollment_date", |owner, _| Ok(owner.enrollment_date.as_str().into())),
        Column::integer("is_to_come", |owner, _| Ok(u64::from(owner.is_to_come).into())),
    ];

    fn begin(conn: &Connection) -> Result<Self, Error> {
        DueOwners::new(conn)
    }

    fn next(&mut self, conn: &Connection) -> Result<Option<DueOwner>, Error> {
        DueOwners::next(self, conn)
    }
}
