//! The savepoint that a call or a step is: a transaction of the library's own, or a part of the host's.

use std::ffi::c_int;
use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, Statement, ffi};

use crate::connection::{reads_uncommitted, rows_written};
use crate::error::{During, Error};
use crate::interrupt::Interruptible;
use crate::statement::{ignored, prepare_write};

const DOING: &str = "beginning to write";

/// The work of one call, or of one step, which is kept whole or undone whole.
///
/// It is a savepoint: in autocommit mode one that begins a transaction, which ends with it; otherwise one
/// within the host's transaction, because `COMMIT` and `ROLLBACK` would end what is the host's. SQLite refuses
/// a savepoint with `SQLITE_BUSY` while a statement of the host's is writing, as it does around a SQL function:
/// what that statement has written by then may still be undone. Dropping it undoes the work.
///
/// A host's progress handler can make SQLite answer `SQLITE_INTERRUPT` to a statement that has nevertheless
/// done what it was to do. So after an error here, what counts is whether the transaction is still there.
///
/// See <https://sqlite.org/lang_savepoint.html>.
struct Savepoint<'a, 'c> {
    conn: &'a Interruptible<'c>,
    /// Whether it began in autocommit mode, so that the transaction is the library's own.
    own: bool,
    /// Keeps the work.
    release: Statement<'a>,
    /// Undoes the work. Prepared before the work begins, because afterwards there may be no memory for it.
    roll_back: Statement<'a>,
    /// Ends a transaction that nothing else can end: see [`Savepoint::end_interrupted`].
    lock: Option<Statement<'a>>,
    /// What the connection had written when this began.
    rows_written: c_int,
    open: bool,
}

/// A write of nothing, which takes the write lock of `main`. BEGIN IMMEDIATE would lock attached databases too.
const LOCK: &str = "INSERT INTO main.reward_addresses (id) SELECT NULL WHERE false";

impl<'a, 'c> Savepoint<'a, 'c> {
    /// Begins, and takes no lock yet.
    fn begin(conn: &'a Interruptible<'c>) -> Result<Self, Error> {
        let prepare = |sql: &str| conn.prepare(sql).during(conn, DOING);
        let own = conn.is_autocommit();
        let name = unused_name();
        let release = prepare(&format!("RELEASE {name}"))?;
        let roll_back = if own { prepare("ROLLBACK")? } else { prepare(&format!("ROLLBACK TO {name}"))? };
        let lock = if own && conn.is_within_statement() { prepare(LOCK).ok() } else { None };
        let rows_written = rows_written(conn);
        Savepoint { conn, own, release, roll_back, lock, rows_written, open: true }.first(|conn| {
            conn.execute_batch(&format!("SAVEPOINT {name}"))?;
            if conn.is_autocommit() { Err(ignored("SAVEPOINT")) } else { Ok(()) }
        })
    }

    /// In autocommit mode, takes the write lock before anything is read, so that what is read afterwards is
    /// still true when it is written. See <https://sqlite.org/lang_transaction.html>.
    ///
    /// So it does in a transaction of the host's that reads what others haven't committed, and may undo.
    fn lock(self) -> Result<Self, Error> {
        if self.own || reads_uncommitted(self.conn) { self.first(take_lock) } else { Ok(self) }
    }

    /// Does what comes before the work.
    fn first(mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<Self, Error> {
        match work(self.conn).during(self.conn, DOING) {
            Ok(()) => Ok(self),
            Err(cause) if self.own || self.conn.is_autocommit() => Err(self.undo(cause)),
            Err(cause) => {
                // There is no harm in a savepoint that can't be released because it was never set.
                let _ = run_release(&mut self.release);
                self.open = false;
                Err(cause)
            }
        }
    }

    /// Keeps the work. What can't be kept is undone.
    fn commit(mut self) -> Result<(), Error> {
        let released = run_release(&mut self.release).and_then(|()| {
            if self.own && !self.conn.is_autocommit() { Err(ignored("RELEASE")) } else { Ok(()) }
        });
        match released.during(self.conn, "committing") {
            Ok(()) => self.open = false,
            Err(error) => return Err(self.undo(error)),
        }
        Ok(())
    }

    /// Undoes the work because of `cause`, and gives the error to answer with: `cause` itself, or that and
    /// what it did to the transaction.
    fn undo(mut self, cause: Error) -> Error {
        if !self.own && self.conn.is_autocommit() {
            self.open = false;
            return ended(cause);
        }
        match self.roll_back() {
            Ok(()) => cause,
            Err(undo) => Error::NotUndone { cause: Box::new(cause), undo },
        }
    }

    fn roll_back(&mut self) -> rusqlite::Result<()> {
        self.open = false;
        match self.try_to_roll_back() {
            Err(error) if is_interrupt(&error) => {
                self.conn.forget_interrupt();
                self.try_to_roll_back().or_else(|error| self.end_interrupted(error))
            }
            result => result,
        }
    }

    fn try_to_roll_back(&mut self) -> rusqlite::Result<()> {
        // After some errors SQLite has rolled back already, and is in autocommit mode again.
        if self.conn.is_autocommit() {
            return Ok(());
        }
        if self.own {
            let rolled_back = self.roll_back.execute([]);
            return match (self.conn.is_autocommit(), rolled_back) {
                (true, _) => Ok(()),
                (false, rolled_back) => rolled_back.and(Err(ignored("ROLLBACK"))),
            };
        }
        self.roll_back.execute([]).or_else(|_| self.roll_back.execute([]))?;
        run_release(&mut self.release)?;
        // There is no such savepoint now, which SQLite says, unless an authorizer has it ignored.
        if self.has_written() && self.roll_back.execute([]).is_ok() {
            return Err(ignored("ROLLBACK TO"));
        }
        Ok(())
    }

    /// As long as a statement of the host's is running, SQLite interrupts a ROLLBACK too. But it rolls back by
    /// itself where it interrupts a write. See <https://sqlite.org/c3ref/interrupt.html>.
    fn end_interrupted(&mut self, error: rusqlite::Error) -> rusqlite::Result<()> {
        let ended = match &mut self.lock {
            Some(lock) => {
                let _ = lock.execute([]);
                self.try_to_roll_back().is_ok()
            }
            // A savepoint that stays within the host's transaction keeps nothing, if nothing was written.
            None => !self.own && !self.has_written(),
        };
        if ended { Ok(()) } else { Err(error) }
    }

    fn has_written(&self) -> bool {
        rows_written(self.conn) != self.rows_written
    }

    /// Ends it after work that succeeded. Where nothing was written that is to be kept, not even what is left of
    /// the attempt reaches the database.
    fn end<T: Work>(mut self, done: T) -> Result<T, Error> {
        if done.is_to_be_kept() || !self.own {
            self.commit().map(|()| done)
        } else {
            match self.roll_back() {
                Ok(()) => self.conn.check().map(|()| done),
                Err(undo) => Err(not_ended(self.conn, undo)),
            }
        }
    }
}

/// The error for a transaction that is still there, because of nothing but `undo`.
fn not_ended(conn: &Connection, undo: rusqlite::Error) -> Error {
    let failure = undo.sqlite_error().copied().unwrap_or_else(|| ffi::Error::new(ffi::SQLITE_ERROR));
    let cause =
        Error::from_sqlite(conn, "ending a transaction", rusqlite::Error::SqliteFailure(failure, None));
    Error::NotUndone { cause: Box::new(cause), undo }
}

/// A name that no other savepoint has: none of the host's, none of another call's that runs within this one or around it,
/// and none that was left in the host's transaction because it couldn't be released.
fn unused_name() -> String {
    format!("facilitator_markers_{:016x}", RandomState::new().hash_one(()))
}

fn take_lock(conn: &Connection) -> rusqlite::Result<()> {
    match prepare_write(conn, LOCK) {
        // A host may have asked SQLite for a row that counts the changes.
        Ok(mut lock) => lock.query([])?.next().map(drop),
        // A trigger or a foreign key with which no marker can be written, as will be seen; then no lock is needed.
        Err(error) if primary_code(&error) == Some(ffi::SQLITE_ERROR) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Releases the savepoint, and is content if an interrupted attempt turns out to have done so.
fn run_release(release: &mut Statement<'_>) -> rusqlite::Result<()> {
    match release.execute([]) {
        Err(first) if is_interrupt(&first) => match release.execute([]) {
            // There is no such savepoint any more.
            Err(second) if primary_code(&second) == Some(ffi::SQLITE_ERROR) => Ok(()),
            result => result.map(drop),
        },
        result => result.map(drop),
    }
}

fn primary_code(error: &rusqlite::Error) -> Option<c_int> {
    error.sqlite_error().map(|error| error.extended_code & 0xff)
}

fn is_interrupt(error: &rusqlite::Error) -> bool {
    primary_code(error) == Some(ffi::SQLITE_INTERRUPT)
}

/// What the work of a transaction came to.
pub(crate) trait Work {
    /// Whether it wrote something that is to be kept.
    fn is_to_be_kept(&self) -> bool;
}

/// A savepoint for single statements of a transaction, which undoes those of them that came to nothing.
pub(crate) struct Attempts<'c> {
    conn: &'c Connection,
    begin: Statement<'c>,
    release: Statement<'c>,
    roll_back: Statement<'c>,
}

impl<'c> Attempts<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Result<Self, Error> {
        let name = unused_name();
        let prepare = |sql: &str| conn.prepare(&format!("{sql} {name}")).during(conn, DOING);
        Ok(Attempts {
            conn,
            begin: prepare("SAVEPOINT")?,
            release: prepare("RELEASE")?,
            roll_back: prepare("ROLLBACK TO")?,
        })
    }

    /// Does `work`, and undoes it unless it says that it is to be kept. After an error the transaction is to be
    /// undone as a whole; and where SQLite has done so already, there is nothing left to do.
    pub(crate) fn attempt<T: Work>(&mut self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.begin.execute([]).during(self.conn, DOING)?;
        let before = rows_written(self.conn);
        let done = work()?;
        if self.conn.is_autocommit() {
            return Ok(done);
        }
        if done.is_to_be_kept() {
            self.release.execute([]).during(self.conn, "keeping a marker")?;
        } else {
            self.undo(rows_written(self.conn) != before).during(self.conn, "undoing a marker")?;
        }
        Ok(done)
    }

    fn undo(&mut self, has_written: bool) -> rusqlite::Result<()> {
        self.roll_back.execute([])?;
        self.release.execute([])?;
        // As in `Savepoint::try_to_roll_back`.
        if has_written && self.roll_back.execute([]).is_ok() {
            return Err(ignored("ROLLBACK TO"));
        }
        Ok(())
    }
}

impl Drop for Savepoint<'_, '_> {
    fn drop(&mut self) {
        if self.open {
            // Only a panic comes here: every error goes through `undo`, which reports a failure of its own.
            let _ = self.roll_back();
        }
    }
}

/// Does `work` in a transaction that has the write lock from its beginning, which is kept if `work` succeeds
/// and undone if it doesn't.
pub(crate) fn writing<T: Work>(
    conn: &Interruptible<'_>,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = Savepoint::begin(conn)?.lock()?;
    match work() {
        Ok(done) => transaction.end(done),
        Err(error) => Err(transaction.undo(error)),
    }
}

/// As [`writing`], but the write lock is taken only once `work` writes, and never waited for: `None`, with
/// nothing done, if another connection has written since `work` began to read, or is writing, or a statement of
/// the host's is. What was read is true when it is written, so this does nothing either where the connection
/// reads what others haven't committed.
pub(crate) fn reading_then_writing<T: Work>(
    conn: &Interruptible<'_>,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    if reads_uncommitted(conn) {
        return Ok(None);
    }
    let begun = Savepoint::begin(conn).and_then(|transaction| match work() {
        Ok(done) => Ok((transaction, done)),
        Err(error) => Err(transaction.undo(error)),
    });
    match begun {
        // Where a commit is refused, SQLite has waited already.
        Ok((transaction, done)) => transaction.end(done).map(Some),
        Err(Error::Sqlite { code, .. }) if code & 0xff == ffi::SQLITE_BUSY => conn.check().map(|()| None),
        Err(error) => Err(error),
    }
}

/// Fails with `SQLITE_BUSY` while a statement of the host's is writing.
pub(crate) fn require_no_writer(conn: &Interruptible<'_>) -> Result<(), Error> {
    Savepoint::begin(conn)?.commit()
}

/// Does `work`, which reads before it begins a transaction, or begins none. Its error says so if SQLite has
/// ended the host's transaction with it, which lack of memory and I/O errors can do to a read as well.
pub(crate) fn noting_lost_transaction<T>(
    conn: &Connection,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let in_hosts_transaction = !conn.is_autocommit();
    work().map_err(|cause| if in_hosts_transaction && conn.is_autocommit() { ended(cause) } else { cause })
}

fn ended(cause: Error) -> Error {
    match cause {
        Error::TransactionEnded { .. } => cause,
        cause => Error::TransactionEnded { cause: Box::new(cause) },
    }
}
