//! What is wrong with a marker, and what mends it.

use super::finding::{Mend, Wrong};
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

/// All that is wrong with a row, and what a repair writes to it.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) wrong: Vec<(Wrong, Mend)>,
    pub(crate) change: Replacement,
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
    pub(crate) fn is_nothing(self) -> bool {
        self == Replacement::default()
    }
}

/// What is wrong with a row.
pub(crate) fn judge(row: &MarkerRow, place: &Place) -> Result<Verdict, OutOfMemory> {
    match place {
        Place::Orphan { same_fold } => {
            let same_fold = same_fold.as_ref().map(Text::to_display).transpose()?;
            let mend = Mend::Statement(delete(row)?);
            Ok(Verdict { wrong: vec![(Wrong::Orphan { same_fold }, mend)], ..Verdict::default() })
        }
        Place::Duplicate { of } => {
            let marker_id = value::display(of.as_ref())?;
            let mend = Mend::Statement(delete(row)?);
            Ok(Verdict { wrong: vec![(Wrong::Duplicate { marker_id }, mend)], ..Verdict::default() })
        }
        Place::Marker(owner) => Ok(judge_marker(row, *owner)),
    }
}

fn judge_marker(row: &MarkerRow, owner: Owner) -> Verdict {
    let mut wrong = Vec::new();
    let (date, is_in_form) = match &row.created_at {
        Value::Text(text) => (Second::parse(&text.0), Second::of_written(&text.0).is_some()),
        _ => (None, false),
    };
    let repair = |column, value: String| match owner {
        Owner::Unclear => Mend::Withheld,
        _ => Mend::Repair { column, value },
    };
    let mut change = Replacement::default();
    match (owner, date) {
        (Owner::NoFacilitator, _) => wrong.push((Wrong::NotAnOwner, Mend::Nothing)),
        (Owner::Since(enrollment_date), Some(date)) if date > enrollment_date => {
            let enrollment_date = enrollment_date.to_string();
            let mend = repair("created_at", enrollment_date.clone());
            wrong.push((Wrong::DatedLate { enrollment_date }, mend));
        }
        (Owner::Since(enrollment_date), Some(date)) if date < enrollment_date => {
            let enrollment_date = enrollment_date.to_string();
            wrong.push((Wrong::DatedEarly { enrollment_date }, Mend::Nothing));
        }
        _ => {}
    }
    let right_date = match (owner, date) {
        (Owner::Since(enrollment_date), Some(date)) => Some(enrollment_date.min(date)),
        (Owner::Since(enrollment_date), None) => Some(enrollment_date),
        (_, date) => date,
    };
    if !is_in_form {
        let mend = match (owner, right_date) {
            (Owner::Unclear, _) => Mend::Withheld,
            (_, Some(date)) => repair("created_at", date.to_string()),
            (_, None) => Mend::Nothing,
        };
        wrong.push((Wrong::DateForm, mend));
    }
    let is_verified = row.verification_status.is_text(b"verified");
    if !is_verified {
        wrong.push((Wrong::NotVerified, repair("verification_status", "verified".to_owned())));
    }
    if owner != Owner::Unclear {
        change.created_at = right_date.filter(|right| !is_in_form || date != Some(*right));
        change.is_verified = !is_verified;
    }
    Verdict { wrong, change }
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
