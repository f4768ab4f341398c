//! Why the database refuses a marker.

use std::ffi::c_int;
use std::fmt;

use rusqlite::ffi;

use crate::memory::OutOfMemory;
use crate::quoted::Quoted;
use crate::text::Text;

/// `SQLITE_CONSTRAINT_DATATYPE`, which is younger than the oldest bindings.
pub(crate) const CONSTRAINT_DATATYPE: c_int = ffi::SQLITE_CONSTRAINT | 12 << 8;

/// A marker that is missing and that the database doesn't take. Displayed, it says why, and what to do about
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedMarker {
    /// The user who stays unenrolled.
    pub user_id: String,
    /// What refuses the marker.
    pub refusal: Refusal,
}

impl fmt::Display for RefusedMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for user {}, {}", Quoted(&self.user_id), self.refusal)
    }
}

/// What keeps a marker from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another row has the marker's `id`.
    IdTaken {
        /// That row's `user_id`.
        user_id: String,
        /// That row's `chain_type`.
        chain_type: String,
    },
    /// Another row of the same user has the marker's `address`.
    AddressTaken {
        /// That row's `id`.
        id: String,
        /// That row's `chain_type`.
        chain_type: String,
    },
    /// SQLite reported no error, and the row isn't there: a trigger, conflict clause or further unique
    /// constraint of the host's turned it away.
    NotKept,
    /// `reward_addresses` has a further column that is NOT NULL and has no default. No marker can be written.
    ColumnWithoutDefault {
        /// The column.
        column: String,
    },
    /// A column of `reward_addresses` doesn't store text. No marker can be written.
    ColumnTakesNoText {
        /// The column.
        column: String,
        /// Its type.
        declared_type: String,
    },
    /// A foreign key of `reward_addresses` leads to a table that isn't there, and the connection enforces
    /// foreign keys. No marker can be written.
    ParentMissing {
        /// The table that the foreign key names.
        parent: String,
    },
    /// The list of `chain_type` values in a CHECK is older than markers. No marker can be written.
    ChainTypeCheck {
        /// The CHECK, as the table's definition has it.
        check: String,
    },
    /// A CHECK, a trigger, a foreign key or anything else in the database turned the row away.
    TurnedAway {
        /// SQLite's extended result code. See <https://sqlite.org/rescode.html>.
        code: c_int,
        /// SQLite's own text, which names the constraint, or the text that the trigger gave.
        message: String,
    },
}

impl Refusal {
    /// SQLite's extended result code for this refusal, such as 275 (`SQLITE_CONSTRAINT_CHECK`) or 1811
    /// (`SQLITE_CONSTRAINT_TRIGGER`).
    ///
    /// Where a row holds the marker's place it is `SQLITE_CONSTRAINT_UNIQUE`, and where the table didn't keep
    /// the marker, `SQLITE_CONSTRAINT_TRIGGER`.
    pub fn code(&self) -> c_int {
        match self {
            Refusal::IdTaken { .. } | Refusal::AddressTaken { .. } => ffi::SQLITE_CONSTRAINT_UNIQUE,
            Refusal::NotKept => ffi::SQLITE_CONSTRAINT_TRIGGER,
            Refusal::ColumnWithoutDefault { .. } => ffi::SQLITE_CONSTRAINT_NOTNULL,
            Refusal::ColumnTakesNoText { .. } => CONSTRAINT_DATATYPE,
            Refusal::ParentMissing { .. } => ffi::SQLITE_ERROR,
            Refusal::ChainTypeCheck { .. } => ffi::SQLITE_CONSTRAINT_CHECK,
            Refusal::TurnedAway { code, .. } => *code,
        }
    }

    /// Whether another row is in the marker's place: anything else may have to do with the schema.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Refusal::IdTaken { .. } | Refusal::AddressTaken { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::IdTaken { user_id, chain_type } => write!(
                f,
                "the reward_addresses row with the marker's id belongs to user {} with chain_type {}; change \
                 that row's id, then run the backfill",
                Quoted(user_id),
                Quoted(chain_type)
            ),
            Refusal::AddressTaken { id, chain_type } => write!(
                f,
                "the reward_addresses row {} with chain_type {} has the marker's address; change that row's address, \
                 then run the backfill",
                Quoted(id),
                Quoted(chain_type)
            ),
            Refusal::NotKept => write!(
                f,
                "reward_addresses didn't keep the new row; look for a trigger or a conflict clause that ignores, removes \
                 or changes it, or a unique constraint that only the host knows"
            ),
            Refusal::ColumnWithoutDefault { column } => write!(
                f,
                "column reward_addresses.{column} is NOT NULL without a default, and the library doesn't know what to \
                 put there; give it a default that suits markers, then run the backfill"
            ),
            Refusal::ColumnTakesNoText { column, declared_type } => write!(
                f,
                "column reward_addresses.{column} is declared {declared_type}, and markers are text there; declare it \
                 TEXT, then run the backfill"
            ),
            Refusal::ParentMissing { parent } => write!(
                f,
                "a foreign key of reward_addresses leads to table {parent}, which isn't there; rebuild reward_addresses \
                 with the table that is meant (a rename of the parent may have changed it), then run the backfill"
            ),
            Refusal::ChainTypeCheck { check } => write!(
                f,
                "reward_addresses has {check}, which is older than markers; run the host's migration that lets chain_type \
                 be 'facilitator', then run the backfill"
            ),
            Refusal::TurnedAway { code, message } => {
                write!(
                    f,
                    "{} turned the row away: {message} (SQLite code {code}); {TURNED_AWAY}",
                    by_whom(*code)
                )
            }
        }
    }
}

const TURNED_AWAY: &str = "change the rule or what it objects to, then try again";

fn by_whom(code: c_int) -> &'static str {
    match (code, code & 0xff) {
        (ffi::SQLITE_CONSTRAINT_CHECK, _) => "a CHECK of the host's",
        (ffi::SQLITE_CONSTRAINT_TRIGGER, _) => "a trigger of the host's",
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => "a foreign key of the host's",
        (ffi::SQLITE_CONSTRAINT_NOTNULL, _) => "a NOT NULL of the host's",
        (_, ffi::SQLITE_CONSTRAINT) => "a constraint of the host's",
        (_, ffi::SQLITE_TOOBIG) => "SQLite's limit on the length of a text",
        _ => "the database",
    }
}

/// Whether a code says that this row, or no row, can be inserted. The plain error is what a trigger answers
/// whose text has become wrong, or one of whose functions failed.
pub(super) fn is_of_the_row(code: c_int) -> bool {
    [ffi::SQLITE_CONSTRAINT, ffi::SQLITE_MISMATCH, ffi::SQLITE_TOOBIG, ffi::SQLITE_ERROR]
        .contains(&(code & 0xff))
}

/// Whether a text is longer than the connection's `SQLITE_LIMIT_LENGTH`.
pub(crate) fn is_too_long(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == ffi::SQLITE_TOOBIG)
}

impl RefusedMarker {
    pub(crate) fn new(user_id: &Text, refusal: Refusal) -> Result<Self, OutOfMemory> {
        Ok(RefusedMarker { user_id: user_id.to_display()?, refusal })
    }
}
