//! A transaction of the library's own, or a savepoint within the host's.

use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, Statement, ffi};

use crate::error::{During, Error};

const DOING: &str = "beginning to write";

/// The work of one call, or of one step, which is kept whole or undone whole.
///
/// In autocommit mode this is a transaction. Inside a transaction of the host's it is a savepoint, because
/// `COMMIT` and `ROLLBACK` would end what is the host's. Dropping it undoes the work.
///
/// A host's progress handler can make SQLite answer `SQLITE_INTERRUPT` to a statement that has nevertheless
/// done what it was to do. So after an error here, what counts is whether the transaction is still there.
struct Transaction<'c> {
    conn: &'c Connection,
    kind: Kind<'c>,
    /// Undoes the work. Prepared before the work begins, because afterwards there may be no memory for it.
    roll_back: Statement<'c>,
    open: bool,
}

enum Kind<'c> {
    /// Begun in autocommit mode, and ended again by the library.
    Own,
    /// Within the host's transaction; ended with this statement. No other savepoint has its name, so that
    /// none of the host's can be meant.
    Savepoint(Statement<'c>),
}

impl<'c> Transaction<'c> {
    /// Begins to write. In autocommit mode this takes the write lock before anything is read, so that what is
    /// read afterwards is still true when it is written: a transaction that reads first may get
    /// `SQLITE_BUSY_SNAPSHOT`. See <https://sqlite.org/lang_transaction.html>.
    fn begin(conn: &'c Connection) -> Result<Self, Error> {
        let prepare = |sql: &str| conn.prepare(sql).during(conn, DOING);
        let (kind, roll_back, statements) = if conn.is_autocommit() {
            require_no_writer(conn)?;
            // BEGIN IMMEDIATE would lock attached databases too, so a write of nothing takes the lock.
            let lock = "INSERT INTO main.reward_addresses (id) SELECT NULL WHERE false";
            (Kind::Own, prepare("ROLLBACK")?, vec!["BEGIN".to_owned(), lock.to_owned()])
        } else {
            let name = unique_name();
            let release = prepare(&format!("RELEASE {name}"))?;
            let roll_back = prepare(&format!("ROLLBACK TO {name}"))?;
            (Kind::Savepoint(release), roll_back, vec![format!("SAVEPOINT {name}")])
        };
        let transaction = Transaction { conn, kind, roll_back, open: true };
        for statement in statements {
            if let Err(error) = conn.execute_batch(&statement).during(conn, DOING) {
                return Err(transaction.undo_begun(error));
            }
        }
        Ok(transaction)
    }

    /// Keeps the work. What can't be kept is undone.
    fn commit(mut self) -> Result<(), Error> {
        let committed = match &mut self.kind {
            Kind::Own => self.conn.execute_batch("COMMIT"),
            Kind::Savepoint(release) => run_release(release),
        };
        match committed.during(self.conn, "committing") {
            Ok(()) => self.open = false,
            Err(error) if self.is_interrupted_too_late(&error) => self.open = false,
            Err(error) => return Err(self.undo(error)),
        }
        Ok(())
    }

    /// Whether `COMMIT` has ended the transaction all the same. Other errors may have ended it by a rollback.
    fn is_interrupted_too_late(&self, error: &Error) -> bool {
        matches!(self.kind, Kind::Own) && error.code() == ffi::SQLITE_INTERRUPT && self.conn.is_autocommit()
    }

    /// Undoes the work because of `cause`, and gives the error to answer with: `cause` itself, or that and
    /// what it did to the transaction.
    fn undo(mut self, cause: Error) -> Error {
        if matches!(self.kind, Kind::Savepoint(_)) && self.conn.is_autocommit() {
            self.open = false;
            return ended(cause);
        }
        match self.roll_back() {
            Ok(()) => cause,
            Err(undo) => Error::NotUndone { cause: Box::new(cause), undo },
        }
    }

    /// As [`Transaction::undo`], where it is not sure that there is anything to undo.
    fn undo_begun(mut self, cause: Error) -> Error {
        match &mut self.kind {
            Kind::Savepoint(release) if !self.conn.is_autocommit() => {
                // There is no harm in a savepoint that can't be released because it was never set.
                let _ = run_release(release);
                self.open = false;
                cause
            }
            _ => self.undo(cause),
        }
    }

    fn roll_back(&mut self) -> rusqlite::Result<()> {
        self.open = false;
        // After some errors SQLite has rolled back already, and is in autocommit mode again.
        if self.conn.is_autocommit() {
            return Ok(());
        }
        match &mut self.kind {
            Kind::Own => match self.roll_back.execute([]) {
                Err(_) if self.conn.is_autocommit() => Ok(()),
                result => result.map(drop),
            },
            Kind::Savepoint(release) => {
                self.roll_back.execute([]).or_else(|_| self.roll_back.execute([]))?;
                run_release(release)
            }
        }
    }
}

/// Releases the savepoint, and is content if an interrupted attempt turns out to have done so.
fn run_release(release: &mut Statement<'_>) -> rusqlite::Result<()> {
    let primary = |error: &rusqlite::Error| error.sqlite_error().map(|error| error.extended_code & 0xff);
    match release.execute([]) {
        Err(first) if primary(&first) == Some(ffi::SQLITE_INTERRUPT) => match release.execute([]) {
            // There is no such savepoint any more.
            Err(second) if primary(&second) == Some(ffi::SQLITE_ERROR) => Ok(()),
            result => result.map(drop),
        },
        result => result.map(drop),
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // Only a panic comes here: every error goes through `undo`, which reports a failure of its own.
            let _ = self.roll_back();
        }
    }
}

/// Does `work` in a transaction for writing, which is kept if `work` succeeds and undone if it doesn't.
pub(crate) fn writing<T>(conn: &Connection, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let transaction = Transaction::begin(conn)?;
    match work() {
        Ok(value) => transaction.commit().map(|()| value),
        Err(error) => Err(transaction.undo(error)),
    }
}

/// Fails with `SQLITE_BUSY` in autocommit mode while a statement of the host's is writing, as it does around
/// a SQL function: what that statement has written by then may still be undone. SQLite refuses a savepoint
/// then. BEGIN it would grant, and afterwards neither COMMIT nor a harmless ROLLBACK.
pub(crate) fn require_no_writer(conn: &Connection) -> Result<(), Error> {
    let name = unique_name();
    let mut roll_back = conn.prepare("ROLLBACK").during(conn, DOING)?;
    for statement in [format!("SAVEPOINT {name}"), format!("RELEASE {name}")] {
        if let Err(error) = conn.execute_batch(&statement).during(conn, DOING) {
            if !conn.is_autocommit() {
                // As above, an interrupted SAVEPOINT may have begun a transaction.
                let _ = roll_back.execute([]);
            }
            return Err(error);
        }
    }
    Ok(())
}

/// A name that no savepoint of the host's has.
fn unique_name() -> String {
    format!("facilitator_markers_{:016x}", RandomState::new().hash_one(()))
}

/// Does `work`, which reads before it begins a transaction, or begins none. Its error says so if SQLite has
/// ended the host's transaction with it, which lack of memory and I/O errors can do to a read as well.
pub(crate) fn borrowing<T>(conn: &Connection, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let in_hosts_transaction = !conn.is_autocommit();
    work().map_err(|cause| if in_hosts_transaction && conn.is_autocommit() { ended(cause) } else { cause })
}

fn ended(cause: Error) -> Error {
    match cause {
        Error::TransactionEnded { .. } => cause,
        cause => Error::TransactionEnded { cause: Box::new(cause) },
    }
}
