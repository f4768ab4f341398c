//! What a repair changed.

use std::fmt;

use crate::audit::judge::Replacement;
use crate::audit::row::MarkerRow;
use crate::date::Second;
use crate::memory::OutOfMemory;
use crate::quoted::Quoted;
use crate::value::{self, Value};

/// A marker that a repair changed. Displayed, a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The row's `id`; what isn't text is given as SQL writes it, bytes that aren't UTF-8 become U+FFFD.
    pub marker_id: String,
    /// The user whose marker it is.
    pub user_id: String,
    /// What became of the date, if it was changed.
    pub created_at: Option<Replaced>,
    /// What became of the status, if it was changed.
    pub verification_status: Option<Replaced>,
    /// What became of the time of verification, if it was changed.
    pub verified_at: Option<Replaced>,
    /// A statement that gives the row its old values back, byte for byte, unless somebody has changed them since: then it
    /// changes nothing.
    pub undo: String,
}

/// A value that was replaced, and the one in its place, both as SQL writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replaced {
    /// The value before.
    pub old: String,
    /// The value now.
    pub new: String,
}

/// A column with its value before, and the value now if that is another one.
pub(super) struct Column<'r> {
    pub(super) name: &'static str,
    pub(super) old: &'r Value,
    pub(super) new: Option<Value>,
}

/// The columns that a repair may write to.
pub(super) const WRITTEN: [&str; 3] = ["created_at", "verification_status", "verified_at"];

/// These columns of a row, with what becomes of them.
pub(super) fn columns(row: &MarkerRow, replacement: Replacement, verified_at: Second) -> [Column<'_>; 3] {
    let [created_at, verification_status, verified] = WRITTEN;
    let column = |name, old, new| Column { name, old, new };
    let is_verified = replacement.is_verified;
    let needs_time = is_verified && matches!(row.verified_at, Value::Null);
    [
        column(created_at, &row.created_at, replacement.created_at.map(|date| Value::Text(date.to_text()))),
        column(
            verification_status,
            &row.verification_status,
            is_verified.then(|| Value::Text(crate::text::Text(b"verified".to_vec()))),
        ),
        column(verified, &row.verified_at, needs_time.then(|| Value::Text(verified_at.to_text()))),
    ]
}

impl Change {
    pub(super) fn new(row: &MarkerRow, columns: &[Column<'_>]) -> Result<Self, OutOfMemory> {
        let literal = |value: &Value| value::literal(value.as_ref());
        // Whatever the columns' collations take for the same.
        let is = |name: &str, literal: &str| format!("{name} IS {literal} COLLATE BINARY");
        let (mut replaced, mut set, mut now) = ([None, None, None], Vec::new(), Vec::new());
        for (place, Column { name, old, new }) in replaced.iter_mut().zip(columns) {
            let old = literal(old)?;
            let new = new.as_ref().map(literal).transpose()?;
            now.push(is(name, new.as_ref().unwrap_or(&old)));
            if let Some(new) = new {
                set.push(format!("{name} = {old}"));
                *place = Some(Replaced { old, new });
            }
        }
        let [created_at, verification_status, verified_at] = replaced;
        // An id is sought as the host's index has it.
        let undo = format!(
            "UPDATE main.reward_addresses SET {} WHERE id IS {} AND {} AND {} AND {} AND {}",
            set.join(", "),
            literal(&row.id)?,
            is("user_id", &literal(&row.user_id)?),
            is("address", &literal(&row.address)?),
            is("chain_type", "'facilitator'"),
            now.join(" AND ")
        );
        let shown = |value: &Value| value::display(value.as_ref());
        let (marker_id, user_id) = (shown(&row.id)?, shown(&row.user_id)?);
        Ok(Change { marker_id, user_id, created_at, verification_status, verified_at, undo })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "marker {} of user {} now has", Quoted(&self.marker_id), Quoted(&self.user_id))?;
        let columns = [
            ("created_at", &self.created_at),
            ("verification_status", &self.verification_status),
            ("verified_at", &self.verified_at),
        ];
        let changed = columns.iter().filter_map(|(name, replaced)| Some((name, replaced.as_ref()?)));
        for (number, (name, Replaced { old, new })) in changed.enumerate() {
            write!(f, "{} the {name} {new} instead of {old}", if number > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}
