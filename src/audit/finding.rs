//! A marker that is wrong.

use std::fmt;

use super::mend::Mend;
use crate::marker::Marker;
use crate::quoted::Quoted;

/// Something that is wrong with a marker. Displayed, a sentence for the person who has to act.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The marker as it stands in the table.
    pub marker: Marker,
    /// What is wrong with it.
    pub wrong: Wrong,
    /// What mends it.
    pub mend: Mend,
}

/// What can be wrong with a marker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It is dated after the enrollment date: all volume in between is lost.
    DatedLate {
        /// The earliest `created_at` among the owner's facilitators.
        enrollment_date: String,
    },
    /// Its `created_at` isn't `YYYY-MM-DD HH:MM:SS`, so that the host, which compares dates as text, compares it wrongly.
    DateForm,
    /// Its `verification_status` isn't `verified`: the host counts nothing.
    NotVerified,
    /// It is a further marker of the same user: hosts that sum over markers count twice.
    Duplicate {
        /// The `id` of the user's marker that the library goes by.
        other_marker_id: String,
    },
    /// Its `user_id` names no user.
    Orphan {
        /// The only user whose id differs in nothing but the case of `A`-`Z`, if there is one.
        same_fold: Option<String>,
    },
    /// No facilitator is the user's.
    NotAnOwner,
    /// It is dated before the first of the owner's facilitators, which an import may have meant.
    DatedEarly {
        /// The earliest `created_at` among the owner's facilitators.
        enrollment_date: String,
    },
}

impl Finding {
    /// The finding's name wherever it appears as text: `dated_late`, `date_form`, `not_verified`, `duplicate`, `orphan`,
    /// `not_an_owner` or `dated_early`.
    pub fn name(&self) -> &'static str {
        match self.wrong {
            Wrong::DatedLate { .. } => "dated_late",
            Wrong::DateForm => "date_form",
            Wrong::NotVerified => "not_verified",
            Wrong::Duplicate { .. } => "duplicate",
            Wrong::Orphan { .. } => "orphan",
            Wrong::NotAnOwner => "not_an_owner",
            Wrong::DatedEarly { .. } => "dated_early",
        }
    }
    /// The earliest `created_at` among the owner's facilitators, where the marker is dated later or earlier.
    pub fn enrollment_date(&self) -> Option<&str> {
        match &self.wrong {
            Wrong::DatedLate { enrollment_date } | Wrong::DatedEarly { enrollment_date } => {
                Some(enrollment_date)
            }
            _ => None,
        }
    }

    /// Of a duplicate, the `id` of the user's marker that the library goes by.
    pub fn other_marker_id(&self) -> Option<&str> {
        match &self.wrong {
            Wrong::Duplicate { other_marker_id } => Some(other_marker_id),
            _ => None,
        }
    }

    /// Of an orphan, the only user whose id differs in nothing but the case of `A`-`Z`, if there is one.
    pub fn same_fold(&self) -> Option<&str> {
        match &self.wrong {
            Wrong::Orphan { same_fold } => same_fold.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Marker { id, user_id, created_at, verification_status, .. } = &self.marker;
        let (id, user_id) = (Quoted(id), Quoted(user_id));
        write!(f, "marker {id} of user {user_id} ")?;
        match &self.wrong {
            Wrong::DatedLate { enrollment_date } => write!(
                f,
                "is dated {}, and the user's first facilitator {enrollment_date}: all volume in between is lost",
                Quoted(created_at)
            )?,
            Wrong::DateForm => write!(
                f,
                "has the created_at {}, which isn't YYYY-MM-DD HH:MM:SS, so that the host compares it wrongly",
                Quoted(created_at)
            )?,
            Wrong::NotVerified => write!(
                f,
                "has the verification_status {}: the host counts nothing",
                Quoted(verification_status)
            )?,
            Wrong::Duplicate { other_marker_id } => write!(
                f,
                "is a further one, beside {}: a host that sums over markers counts twice",
                Quoted(other_marker_id)
            )?,
            Wrong::Orphan { same_fold } => {
                f.write_str("names no user")?;
                if let Some(same_fold) = same_fold {
                    write!(f, "; the only one whose id differs in case only is {}", Quoted(same_fold))?;
                }
            }
            Wrong::NotAnOwner => f.write_str("counts for nothing, because no facilitator is the user's")?,
            Wrong::DatedEarly { enrollment_date } => write!(
                f,
                "is dated {}, before the user's first facilitator, {enrollment_date}, which an import may have meant",
                Quoted(created_at)
            )?,
        }
        match &self.mend {
            Mend::Nothing if matches!(self.wrong, Wrong::DateForm) => {
                f.write_str("; set it to the date that is meant, in UTC")
            }
            Mend::Nothing => Ok(()),
            Mend::Withheld => f.write_str(
                "; a repair leaves it alone as long as a facilitator of the user is ambiguous or has a date that can't be read",
            ),
            Mend::Repair { column, value } => write!(f, "; a repair sets {column} to {value}"),
            Mend::Statement(statement) => write!(f, "; if it is to go: {statement}"),
        }
    }
}
