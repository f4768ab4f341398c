//! A thread that calls the library, as a server and its workers do.

use std::ptr;
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Backfill, Enrollment, Error, Progress, StepResult, create_facilitator_marker, ensure_facilitator_marker,
    for_each_due_owner, preview_facilitator_markers,
};

use crate::Setting;
use crate::host::{USERS, user_id};
use crate::storage::Storage;

/// The date with which `create` is called, which no facilitator has.
pub const CREATED_WITH: &str = "1999-09-09 09:09:09";

/// Whether `ensure` may be called for the user of this number.
pub fn is_ensured(number: u32) -> bool {
    number % 2 == 0
}

/// Whether `create` may be called for the user of this number.
pub fn is_created(number: u32) -> bool {
    number % 4 == 0
}

pub struct Caller {
    conn: Connection,
    random: fastrand::Rng,
    created: u64,
}

impl Caller {
    pub fn new(conn: Connection, random: fastrand::Rng, setting: Setting, storage: Storage) -> Self {
        conn.busy_timeout(Duration::from_millis(setting.busy_timeout)).unwrap();
        let Setting { foreign_keys, read_uncommitted, .. } = setting;
        let read_uncommitted = read_uncommitted && storage.is_shared();
        conn.execute_batch(&format!(
            "PRAGMA foreign_keys = {foreign_keys}; PRAGMA read_uncommitted = {read_uncommitted}"
        ))
        .unwrap();
        Caller { conn, random, created: 0 }
    }

    /// How many markers the calls said were created, and stayed.
    pub fn created(self) -> u64 {
        self.created
    }

    /// Makes one call, or some in a transaction of the caller's own.
    pub fn call(&mut self) {
        if self.random.u32(0..5) > 0 {
            self.created += self.call_in_any_transaction();
            return;
        }
        let begin = if self.random.bool() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        if self.conn.execute_batch(begin).is_err() {
            return;
        }
        let mut created = 0;
        for _ in 0..self.random.u32(1..=2) {
            created += self.call_in_any_transaction();
            if self.conn.is_autocommit() {
                return;
            }
        }
        if self.random.u32(0..4) > 0 && self.conn.execute_batch("COMMIT").is_ok() {
            self.created += created;
        } else {
            self.conn.execute_batch("ROLLBACK").unwrap();
        }
    }

    /// Gives how many markers were created.
    fn call_in_any_transaction(&mut self) -> u64 {
        let autocommit = self.conn.is_autocommit();
        let number = self.random.u32(0..USERS);
        let created = match self.random.u32(0..10) {
            0 => {
                let number = number - number % 4;
                assert!(is_created(number));
                enrollment(create_facilitator_marker(&self.conn, &user_id(number), CREATED_WITH))
            }
            1..=3 => {
                let number = number - number % 2;
                assert!(is_ensured(number));
                enrollment(ensure_facilitator_marker(&self.conn, &user_id(number)))
            }
            4..=6 => self.backfill_in_steps(),
            7..=8 => self.backfill_at_once(),
            _ => {
                done(preview_facilitator_markers(&self.conn));
                done(for_each_due_owner(&self.conn, |_| {}));
                0
            }
        };
        // SQLite itself may end a transaction after an error.
        assert!(!autocommit || self.conn.is_autocommit(), "a transaction is left open");
        // SAFETY: the connection is open, and no statement of it is touched.
        let statement = unsafe { ffi::sqlite3_next_stmt(self.conn.handle(), ptr::null_mut()) };
        assert!(statement.is_null(), "a statement is left");
        created
    }

    fn backfill_in_steps(&mut self) -> u64 {
        let Some(mut backfill) = done(Backfill::new(&self.conn)) else { return 0 };
        let owners = self.random.u64(1..30);
        for _ in 0..10_000 {
            let before = backfill.report().created;
            match backfill.step(owners) {
                Ok(StepResult::More) => {}
                Ok(_) => break,
                Err(error) => {
                    assert_eq!(backfill.report().created, before, "nothing of a step that failed remains");
                    done::<()>(Err(error));
                    // In a transaction of the caller's nobody else is waited for.
                    if self.random.u32(0..10) == 0 || !self.conn.is_autocommit() {
                        break;
                    }
                    std::thread::yield_now();
                }
            }
        }
        backfill.report().created
    }

    fn backfill_at_once(&mut self) -> u64 {
        let Some(mut backfill) = done(Backfill::new(&self.conn)) else { return 0 };
        let pause = if self.random.bool() { Duration::ZERO } else { Backfill::DEFAULT_PAUSE };
        done(backfill.run_to_completion(Backfill::DEFAULT_OWNERS_PER_STEP, pause, None::<fn(Progress)>));
        backfill.report().created
    }
}

fn enrollment(result: Result<Enrollment, Error>) -> u64 {
    u64::from(matches!(done(result), Some(Enrollment::Created(_))))
}

/// What a call gave, if nobody was in its way. Nothing else may keep a call from succeeding here.
fn done<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(done) => Some(done),
        Err(error) => {
            assert!(error.is_retryable(), "{error:?}");
            None
        }
    }
}
