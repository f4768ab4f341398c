//! The moments of a library call, and the one that was chosen.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Counts the moments while the library is called, and only then.
pub struct Watch {
    /// The number of the chosen moment; 0 if none is.
    chosen: u64,
    passed: Cell<u64>,
    listening: Cell<bool>,
    has_come: Cell<bool>,
    /// What has begun since the chosen moment, within the same call.
    begun: RefCell<Option<Vec<String>>>,
    calls: Cell<u64>,
    words: RefCell<String>,
}

impl Watch {
    pub fn new(chosen: u64) -> Self {
        Watch {
            chosen,
            passed: Cell::new(0),
            listening: Cell::new(false),
            has_come: Cell::new(false),
            begun: RefCell::new(None),
            calls: Cell::new(0),
            words: RefCell::default(),
        }
    }

    /// Calls the library. A panic is an answer that nobody wants.
    pub fn during<T>(&self, call: impl FnOnce() -> T) -> Result<T, String> {
        self.calls.set(self.calls.get() + 1);
        *self.begun.borrow_mut() = None;
        self.listening.set(true);
        let answer = catch_unwind(AssertUnwindSafe(call));
        self.listening.set(false);
        answer.map_err(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            format!("the library panicked: {}", text.unwrap_or("without words"))
        })
    }

    /// Whether the library is being called.
    pub fn is_listening(&self) -> bool {
        self.listening.get()
    }

    /// Does something of the host's own meanwhile.
    pub fn aside<T>(&self, f: impl FnOnce() -> T) -> T {
        let listening = self.listening.replace(false);
        let done = f();
        self.listening.set(listening);
        done
    }

    /// A moment has come. Says whether it is the chosen one.
    pub fn is_now(&self) -> bool {
        if !self.listening.get() {
            return false;
        }
        self.passed.set(self.passed.get() + 1);
        let is_now = self.passed.get() == self.chosen;
        if is_now {
            self.has_come.set(true);
            *self.begun.borrow_mut() = Some(Vec::new());
        }
        is_now
    }

    /// As [`Watch::is_now`], and again at each moment after the chosen one.
    pub fn is_now_or_later(&self) -> bool {
        self.is_now() || self.listening.get() && self.has_come.get()
    }

    /// A statement begins.
    pub fn note(&self, sql: &str) {
        if let (true, Some(begun)) = (self.listening.get(), &mut *self.begun.borrow_mut()) {
            begun.push(sql.to_owned());
        }
    }

    /// Says what the chosen moment was.
    pub fn tell(&self, moment: &impl fmt::Debug) {
        *self.words.borrow_mut() = format!("{moment:?}");
    }

    /// What the chosen moment was.
    pub fn words(&self) -> String {
        self.words.borrow().clone()
    }

    /// What has begun since the chosen moment, if that was within the last call.
    pub fn begun_since(&self) -> Option<Vec<String>> {
        self.begun.borrow().clone()
    }

    /// Whether the chosen moment came; or, where none is chosen, whether the library was called.
    pub fn has_come(&self) -> bool {
        self.has_come.get() || self.chosen == 0 && self.passed.get() == 0
    }

    /// How many moments there were.
    pub fn passed(&self) -> u64 {
        self.passed.get()
    }

    /// How many times the library was called.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }
}
