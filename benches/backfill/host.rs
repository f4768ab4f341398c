//! A host to run backfills on: its database, and what is right there.

use crate::Result;
use crate::database::Database;
use crate::expected::Expected;
use crate::size::Size;

pub struct Host {
    pub size: Size,
    pub database: Database,
    pub expected: Expected,
}

impl Host {
    pub fn of(size: Size) -> Result<Self> {
        let database = Database::of(size)?;
        let expected = Expected::of(&database.connect()?)?;
        Ok(Host { size, database, expected })
    }
}
