//! What a host does to the library's calls.

use std::fmt;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::Connection;

use crate::call::Call;
use crate::database::Shape;
use crate::function;
use crate::setting::Setting;
use crate::watch::Watch;

/// Something that a host's callback or setting does. Displayed, in words.
pub trait Fault: fmt::Display + Sync {
    /// Makes the connection ready, before the host begins, until what this gives is dropped at the end.
    fn prepare<'c>(&'c self, _conn: &'c Connection) -> Box<dyn Armed + 'c> {
        Box::new(())
    }

    /// Sets it up for the chosen moment, until what this gives is dropped.
    fn arm<'c>(&'c self, _conn: &'c Connection, _watch: &'c Watch) -> Box<dyn Armed + 'c> {
        Box::new(())
    }

    /// The library tells something, or how far it is. Says whether the host hears it without a failure of its own.
    fn hears(&self, _call: Call, _conn: &Connection, _watch: &Watch) -> bool {
        true
    }

    /// A trigger of the host's on `reward_addresses` calls `act()`.
    fn act(&self, _conn: &Connection, _watch: &Watch) -> function::Answer {
        function::Answer::Null
    }

    /// Judges what one call of the library answered.
    ///
    /// # Errors
    ///
    /// The broken promise, in words.
    fn judge(&self, _call: Call, _watch: &Watch, _error: Option<&Error>) -> Result<(), String> {
        Ok(())
    }

    /// How it makes the database look where nobody could tell.
    fn appearance(&self, _shape: Shape) -> Appearance {
        Appearance::AsItIs
    }

    /// Whether other markers may be written or mended as well, because a callback calls the library too.
    fn writes_others(&self) -> bool {
        false
    }

    /// Whether it may be that no marker can be written, which is foreseen.
    fn may_refuse_every_marker(&self) -> bool {
        false
    }

    /// Whether it may keep the library from undoing its work where the host calls it.
    fn may_prevent_undoing(&self, _setting: Setting) -> bool {
        false
    }

    /// Whether the call has to come to its end, with the right answer.
    fn changes_nothing(&self) -> bool {
        false
    }
}

/// How a database looks.
pub enum Appearance {
    AsItIs,
    /// As if some of these statements had run.
    OneOf(Vec<String>),
    /// Columns may be hidden that could as well be NULL in every row.
    Unknown,
}

impl Appearance {
    pub fn is_true(&self) -> bool {
        matches!(self, Appearance::AsItIs)
    }
}

/// A fault that is set up.
pub trait Armed {}

impl<T> Armed for T {}

/// None: what is right.
pub struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

impl Fault for Nothing {
    fn changes_nothing(&self) -> bool {
        true
    }
}
