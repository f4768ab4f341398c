//! What is wrong with a marker, and what mends it.

use super::finding::Wrong;
use super::mend::Mend;
use super::row::MarkerRow;
use crate::date::Second;
use crate::join::recheck::Known;
use crate::memory::OutOfMemory;
use crate::text::Text;
use crate::value::{self, Value};

/// Whose marker a row is.
pub(crate) enum Place {
    /// Nobody's; this is the only user whose id differs in case only.
    Orphan { same_fold: Option<Text> },
    /// A further one of a user whose marker is the row with this id.
    Duplicate { of: Value },
    /// The marker of a user, of whom this is known.
    Marker(Owner),
}

/// What is known of the facilitators of a marker's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// There is none.
    NoFacilitator,
    /// One of them could be another user's, or has a date that can't be read: the enrollment date isn't known.
    Unclear,
    /// This is the enrollment date.
    Since(Second),
}

impl From<Known> for Owner {
    fn from(known: Known) -> Self {
        match known.dates.earliest {
            _ if known.is_ambiguous || known.dates.any_unreadable => Owner::Unclear,
            Some(date) => Owner::Since(date),
            None => Owner::NoFacilitator,
        }
    }
}

/// What a repair writes to a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The new `created_at`.
    pub(crate) created_at: Option<Second>,
    /// Whether `verification_status` becomes `verified`.
    pub(crate) is_verified: bool,
}

impl Replacement {
    /// Of a row that is `place`'s. It never dates a marker later than it is dated.
    pub(crate) fn of(row: &MarkerRow, place: &Place) -> Self {
        match place {
            Place::Orphan { .. } | Place::Duplicate { .. } | Place::Marker(Owner::Unclear) => Self::default(),
            Place::Marker(owner) => {
                let Dated { date, is_in_form } = Dated::of(row);
                let right = match *owner {
                    Owner::Since(enrollment_date) => {
                        Some(date.map_or(enrollment_date, |date| date.min(enrollment_date)))
                    }
                    _ => date,
                };
                Replacement {
                    created_at: right.filter(|_| !is_in_form || date != right),
                    is_verified: !is_verified(row),
                }
            }
        }
    }

    pub(crate) fn is_nothing(self) -> bool {
        self == Replacement::default()
    }
}

/// What a marker's `created_at` says.
struct Dated {
    date: Option<Second>,
    /// Whether the host compares it rightly.
    is_in_form: bool,
}

impl Dated {
    fn of(row: &MarkerRow) -> Self {
        match &row.created_at {
            Value::Text(text) => {
                let is_in_form = Second::of_written(&text.0).is_some();
                Dated { date: Second::parse(&text.0), is_in_form }
            }
            _ => Dated { date: None, is_in_form: false },
        }
    }
}

fn is_verified(row: &MarkerRow) -> bool {
    row.verification_status.is_text(b"verified")
}

/// What is wrong with a row that is `place`'s, and what mends each.
pub(crate) fn judge(row: &MarkerRow, place: &Place) -> Result<Vec<(Wrong, Mend)>, OutOfMemory> {
    Ok(match place {
        Place::Orphan { same_fold } => {
            let same_fold = same_fold.as_ref().map(Text::to_display).transpose()?;
            vec![(Wrong::Orphan { same_fold }, Mend::Statement(delete(row)?))]
        }
        Place::Duplicate { of } => {
            let other_marker_id = value::display(of.as_ref())?;
            vec![(Wrong::Duplicate { other_marker_id }, Mend::Statement(delete(row)?))]
        }
        Place::Marker(owner) => judge_marker(row, *owner, Replacement::of(row, place)),
    })
}

fn judge_marker(row: &MarkerRow, owner: Owner, replacement: Replacement) -> Vec<(Wrong, Mend)> {
    let Dated { date, is_in_form } = Dated::of(row);
    let mend = |column, value: Option<String>| match (owner, value) {
        (Owner::Unclear, _) => Mend::Withheld,
        (_, Some(value)) => Mend::Repair { column, value },
        (_, None) => Mend::Nothing,
    };
    let mend_date = || mend("created_at", replacement.created_at.map(|date| date.to_string()));
    let mut wrong = Vec::new();
    match (owner, date) {
        (Owner::NoFacilitator, _) => wrong.push((Wrong::NotAnOwner, Mend::Nothing)),
        (Owner::Since(enrollment_date), Some(date)) if date > enrollment_date => {
            wrong.push((Wrong::DatedLate { enrollment_date: enrollment_date.to_string() }, mend_date()));
        }
        (Owner::Since(enrollment_date), Some(date)) if date < enrollment_date => {
            wrong.push((Wrong::DatedEarly { enrollment_date: enrollment_date.to_string() }, Mend::Nothing));
        }
        _ => {}
    }
    if !is_in_form {
        wrong.push((Wrong::DateForm, mend_date()));
    }
    if !is_verified(row) {
        wrong.push((Wrong::NotVerified, mend("verification_status", Some("verified".to_owned()))));
    }
    wrong
}

/// The statement that deletes this row and no other one, for the host to decide on.
fn delete(row: &MarkerRow) -> Result<String, OutOfMemory> {
    let [id, user_id, address] =
        [&row.id, &row.user_id, &row.address].map(|value| value::literal(value.as_ref()));
    Ok(format!(
        "DELETE FROM main.reward_addresses WHERE id IS {} AND user_id IS {} AND address IS {} AND chain_type = 'facilitator'",
        id?, user_id?, address?
    ))
}
