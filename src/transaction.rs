//! A transaction of the library's own, or a savepoint within the host's.

use rusqlite::Connection;

use crate::error::{During, Error};

/// The work of one call, or of one step, which is kept whole or undone whole.
///
/// In autocommit mode this is a transaction. Inside a transaction of the host's it is a savepoint, because
/// `COMMIT` and `ROLLBACK` would end what is the host's. Dropping it undoes the work.
pub(crate) struct Transaction<'c> {
    conn: &'c Connection,
    kind: Kind,
    open: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Begun in autocommit mode, and ended again by the library.
    Own,
    /// Within the host's transaction.
    Savepoint,
}

impl<'c> Transaction<'c> {
    /// Begins to write. In autocommit mode this takes the write lock before anything is read, so that what is read
    /// afterwards is still true when it is written: a transaction that reads first may get `SQLITE_BUSY_SNAPSHOT`.
    /// See <https://sqlite.org/lang_transaction.html>.
    pub(crate) fn begin_write(conn: &'c Connection) -> Result<Self, Error> {
        Self::begin(conn, "BEGIN IMMEDIATE", "beginning to write")
    }

    /// Begins to read: all statements up to the end see one state of the database. Takes no write lock.
    pub(crate) fn begin_read(conn: &'c Connection) -> Result<Self, Error> {
        Self::begin(conn, "BEGIN", "beginning to read")
    }

    fn begin(conn: &'c Connection, begin: &str, doing: &'static str) -> Result<Self, Error> {
        let autocommit = conn.is_autocommit();
        conn.execute_batch("SAVEPOINT facilitator_markers").during(conn, doing)?;
        if autocommit {
            // The savepoint was a question: SQLite refuses one while a statement of the host's is writing, as it does
            // around a SQL function. BEGIN it would grant, and then neither COMMIT nor a harmless ROLLBACK.
            conn.execute_batch("RELEASE facilitator_markers").during(conn, doing)?;
            conn.execute_batch(begin).during(conn, doing)?;
        }
        Ok(Transaction { conn, kind: if autocommit { Kind::Own } else { Kind::Savepoint }, open: true })
    }

    /// Keeps the work. What can't be kept is undone.
    pub(crate) fn commit(self) -> Result<(), Error> {
        let sql = match self.kind {
            Kind::Own => "COMMIT",
            Kind::Savepoint => "RELEASE facilitator_markers",
        };
        match self.conn.execute_batch(sql).during(self.conn, "committing") {
            Ok(()) => {
                let mut done = self;
                done.open = false;
                Ok(())
            }
            Err(error) => Err(self.undo(error)),
        }
    }

    /// Undoes the work because of `cause`, and gives the error to answer with: `cause` itself, or that and what it
    /// did to the transaction.
    pub(crate) fn undo(mut self, cause: Error) -> Error {
        if self.kind == Kind::Savepoint && self.conn.is_autocommit() {
            self.open = false;
            return Error::TransactionEnded { cause: Box::new(cause) };
        }
        match self.roll_back() {
            Ok(()) => cause,
            Err(undo) => Error::NotUndone { cause: Box::new(cause), undo },
        }
    }

    fn roll_back(&mut self) -> rusqlite::Result<()> {
        self.open = false;
        // After some errors SQLite has rolled back already, and is in autocommit mode again.
        if self.conn.is_autocommit() {
            return Ok(());
        }
        self.conn.execute_batch(match self.kind {
            Kind::Own => "ROLLBACK",
            Kind::Savepoint => "ROLLBACK TO facilitator_markers; RELEASE facilitator_markers",
        })
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
    finish(Transaction::begin_write(conn)?, work)
}

/// Does `work`, which only reads, on one state of the database.
pub(crate) fn reading<T>(conn: &Connection, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    finish(Transaction::begin_read(conn)?, work)
}

fn finish<T>(transaction: Transaction<'_>, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    match work() {
        Ok(value) => transaction.commit().map(|()| value),
        Err(error) => Err(transaction.undo(error)),
    }
}
