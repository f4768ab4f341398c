//! Interrupts, which a call must not forget.

use std::cell::{Cell, RefCell};
use std::mem;
use std::ops::Deref;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Statement, ffi};

use crate::connection::is_running_a_statement;
use crate::error::{During, Error};
use crate::statement::prepare;

/// The connection of one call, which an interrupt stops whenever it comes.
///
/// SQLite forgets `sqlite3_interrupt()` as soon as a statement begins while no other is running. A call is many
/// statements, and a backfill in one call sleeps most of the time. So a statement that reads no table is begun
/// and left running: it takes no lock, and holds no state of the database.
///
/// See <https://sqlite.org/c3ref/interrupt.html>.
pub(crate) struct Interruptible<'c> {
    conn: &'c Connection,
    running: RefCell<Statement<'c>>,
    /// Whether the call had to let the interrupt be forgotten, to end a transaction.
    was_interrupted: Cell<bool>,
    within_statement: bool,
}

/// Its row is read, and its end never: so it is running.
const ONE_ROW: &str = "VALUES (1)";

/// How soon a pause ends at an interrupt.
const SLICE: Duration = Duration::from_millis(5);

impl<'c> Interruptible<'c> {
    /// Begins a call.
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        const DOING: &str = "beginning";
        let within_statement = is_running_a_statement(conn);
        let mut running = prepare(conn, ONE_ROW).during(conn, DOING)?;
        let mut rows = running.raw_query();
        rows.next().during(conn, DOING)?;
        // Dropped, they would end the statement.
        mem::forget(rows);
        let (running, was_interrupted) = (RefCell::new(running), Cell::new(false));
        Ok(Interruptible { conn, running, was_interrupted, within_statement })
    }

    /// Whether the host called from within a statement of its own, such as a SELECT with a SQL function.
    pub(crate) fn is_within_statement(&self) -> bool {
        self.within_statement
    }

    /// Lets SQLite forget an interrupt, which would also stop a ROLLBACK. The call fails with it all the same.
    pub(crate) fn forget_interrupt(&self) {
        self.was_interrupted.set(true);
        drop(self.running.borrow_mut().raw_query());
    }

    /// Fails with `SQLITE_INTERRUPT` if the call was interrupted.
    pub(crate) fn check(&self) -> Result<(), Error> {
        const DOING: &str = "waiting";
        if self.was_interrupted.get() {
            let source = rusqlite::Error::SqliteFailure(
                ffi::Error::new(ffi::SQLITE_INTERRUPT),
                Some("interrupted".to_owned()),
            );
            return Err(Error::Sqlite { doing: DOING, code: ffi::SQLITE_INTERRUPT, source });
        }
        prepare(self.conn, "SELECT 1").and_then(|mut any| any.exists([])).during(self.conn, DOING)?;
        Ok(())
    }

    /// Sleeps, unless the call is interrupted.
    pub(crate) fn sleep(&self, duration: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        while let Some(left) = duration.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            self.check()?;
            std::thread::sleep(left.min(SLICE));
        }
        self.check()
    }
}

impl Deref for Interruptible<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}
