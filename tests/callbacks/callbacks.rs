//! SQLite's callbacks on one connection, all of them as one closure.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};

/// What SQLite tells a host, and asks it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A statement is about to run its next instruction. Anything but 0 interrupts it.
    Instruction,
    /// A statement is being prepared that does this. The answer is the authorizer's.
    Action(Action),
    /// A statement, or a trigger's part of one, begins.
    Begins(String),
    /// A statement has ended.
    Ends,
    /// A statement gives a row.
    Row,
    /// A transaction is to be committed. Anything but 0 rolls it back.
    Commit,
    /// A transaction was rolled back.
    RolledBack,
    /// A row was changed.
    Update,
    /// Another connection holds a lock, for the n-th time. 0 gives up.
    Busy,
}

/// What an authorizer is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    pub code: c_int,
    pub first: String,
    pub second: String,
}

/// Which callbacks are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Progress,
    Authorizer,
    Trace,
    Commit,
    Rollback,
    Update,
    Busy,
}

type Answer<'c> = Box<dyn Fn(&Event) -> c_int + 'c>;

/// Callbacks, which are gone when this is dropped.
pub struct Callbacks<'c> {
    conn: &'c Connection,
    kinds: Vec<Kind>,
    /// What answers them, at a place that stays.
    answer: *mut Answer<'c>,
}

impl<'c> Callbacks<'c> {
    /// Sets callbacks of these kinds. The closure may use the connection, so it may be called while it runs, and
    /// it must not panic.
    pub fn set(conn: &'c Connection, kinds: &[Kind], answer: impl Fn(&Event) -> c_int + 'c) -> Self {
        let answer: Answer<'c> = Box::new(answer);
        let callbacks = Callbacks { conn, kinds: kinds.to_vec(), answer: Box::into_raw(Box::new(answer)) };
        callbacks.register(true);
        callbacks
    }

    fn register(&self, on: bool) {
        let (db, data) = (
            // SAFETY: the connection is open as long as it is borrowed.
            unsafe { self.conn.handle() },
            if on { self.answer.cast::<c_void>() } else { ptr::null_mut() },
        );
        for kind in &self.kinds {
            // SAFETY: the connection is open, and each function takes what it is given as data to be an `Answer`,
            // which lives until the callbacks are removed.
            unsafe {
                match kind {
                    Kind::Progress => {
                        let handler = on.then_some(instruction as unsafe extern "C" fn(*mut c_void) -> c_int);
                        ffi::sqlite3_progress_handler(db, 1, handler, data);
                    }
                    Kind::Authorizer => {
                        ffi::sqlite3_set_authorizer(db, on.then_some(authorize), data);
                    }
                    Kind::Trace => {
                        let events =
                            ffi::SQLITE_TRACE_STMT | ffi::SQLITE_TRACE_PROFILE | ffi::SQLITE_TRACE_ROW;
                        let events = if on { events as c_uint } else { 0 };
                        ffi::sqlite3_trace_v2(db, events, on.then_some(trace), data);
                    }
                    Kind::Commit => {
                        let before = ffi::sqlite3_commit_hook(db, on.then_some(commit), data);
                        self.require_ours(before, on);
                    }
                    Kind::Rollback => {
                        let before = ffi::sqlite3_rollback_hook(db, on.then_some(rolled_back), data);
                        self.require_ours(before, on);
                    }
                    Kind::Update => {
                        let before = ffi::sqlite3_update_hook(db, on.then_some(update), data);
                        self.require_ours(before, on);
                    }
                    Kind::Busy => {
                        ffi::sqlite3_busy_handler(db, on.then_some(busy), data);
                    }
                }
            }
        }
    }
}

impl Callbacks<'_> {
    /// A hook that is removed is the one that was set: nobody has put another in its place.
    fn require_ours(&self, before: *mut c_void, on: bool) {
        assert!(on || before == self.answer.cast(), "the host's hook was replaced");
    }
}

impl Drop for Callbacks<'_> {
    fn drop(&mut self) {
        self.register(false);
        // SAFETY: made by Box::into_raw, and SQLite has forgotten it.
        drop(unsafe { Box::from_raw(self.answer) });
    }
}

/// Asks the closure.
///
/// # Safety
///
/// `data` is the [`Answer`] of callbacks that are set.
unsafe fn ask(data: *mut c_void, event: &Event) -> c_int {
    // SAFETY: as the caller promises. The closure is shared, not lent: it may be called while it runs.
    unsafe { (*data.cast::<Answer<'_>>())(event) }
}

/// # Safety
///
/// `text` is a C string or NULL.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

unsafe extern "C" fn instruction(data: *mut c_void) -> c_int {
    // SAFETY: SQLite gives what was registered.
    unsafe { ask(data, &Event::Instruction) }
}

unsafe extern "C" fn authorize(
    data: *mut c_void,
    code: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: SQLite gives what was registered, and C strings.
    unsafe { ask(data, &Event::Action(Action { code, first: text(first), second: text(second) })) }
}

unsafe extern "C" fn trace(
    event: c_uint,
    data: *mut c_void,
    statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    let _ = statement;
    // SAFETY: SQLite gives what was registered, and with the beginning of a statement its text.
    unsafe {
        match c_int::try_from(event) {
            Ok(event) if event == ffi::SQLITE_TRACE_STMT as c_int => {
                ask(data, &Event::Begins(text(sql.cast())))
            }
            Ok(event) if event == ffi::SQLITE_TRACE_PROFILE as c_int => ask(data, &Event::Ends),
            _ => ask(data, &Event::Row),
        }
    }
}

unsafe extern "C" fn commit(data: *mut c_void) -> c_int {
    // SAFETY: SQLite gives what was registered.
    unsafe { ask(data, &Event::Commit) }
}

unsafe extern "C" fn rolled_back(data: *mut c_void) {
    // SAFETY: SQLite gives what was registered.
    unsafe { ask(data, &Event::RolledBack) };
}

unsafe extern "C" fn update(
    data: *mut c_void,
    _action: c_int,
    _database: *const c_char,
    _table: *const c_char,
    _rowid: i64,
) {
    // SAFETY: SQLite gives what was registered.
    unsafe { ask(data, &Event::Update) };
}

unsafe extern "C" fn busy(data: *mut c_void, _times: c_int) -> c_int {
    // SAFETY: SQLite gives what was registered.
    unsafe { ask(data, &Event::Busy) }
}
