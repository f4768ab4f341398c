//! Reading that doesn't come to an end.

use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, ffi};

use crate::error::{During, Error};
use crate::value::Value;

/// Notices that reading goes in a circle, because an index is damaged, or in another order than it was built in.
///
/// One place is remembered, and after twice as many pages each time, another one: the places of a circle come again
/// before long. See R. P. Brent, *An improved Monte Carlo factorization algorithm*, BIT 20 (1980).
#[derive(Default)]
pub(crate) struct Laps {
    hasher: RandomState,
    remembered: Option<u64>,
    pages: u64,
    pages_until_next: u64,
}

impl Laps {
    pub(crate) fn have_seen(&self, key: &[Value]) -> bool {
        self.remembered == Some(self.hasher.hash_one(key))
    }

    pub(crate) fn pass(&mut self, key: &[Value]) {
        if self.pages == self.pages_until_next {
            self.remembered = Some(self.hasher.hash_one(key));
            self.pages_until_next = 2 * self.pages + 1;
            self.pages = 0;
        }
        self.pages += 1;
    }
}

/// How often reading begins again, at most.
const MOST_RESTARTS: u32 = 100;

/// How often reading has begun again.
#[derive(Default)]
pub(crate) struct Restarts(u32);

impl Restarts {
    /// Counts one more. Fails where it is no accident: then an index is damaged, and has a row now and then not.
    pub(crate) fn add(&mut self, conn: &Connection) -> Result<(), Error> {
        self.0 += 1;
        if self.0 > MOST_RESTARTS { Err(in_a_circle()).during(conn, "reading anew") } else { Ok(()) }
    }
}

pub(crate) fn in_a_circle() -> rusqlite::Error {
    let message = "the same rows come again and again".to_owned();
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(message))
}
