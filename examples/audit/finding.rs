//! A finding as a JSON object.

use facilitator_markers::{Finding, Mend, Wrong};
use serde::Serialize;

use crate::cost::Cost;

#[derive(Serialize)]
pub(crate) struct Found<'a> {
    finding: &'static str,
    id: &'a str,
    user_id: &'a str,
    address: &'a str,
    created_at: &'a str,
    verification_status: &'a str,
    verified_at: Option<&'a str>,
    /// The earliest `created_at` among the owner's facilitators.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrollment_date: Option<&'a str>,
    /// The marker beside which this one is a further one.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<&'a str>,
    /// The user whose id differs in upper and lower case only.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_fold: Option<&'a str>,
    mend: &'static str,
    /// With this value a repair mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// This statement mends it, if the host decides so.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
    /// What the marker costs, with all that is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'a Cost>,
    advice: String,
}

impl<'a> Found<'a> {
    pub(crate) fn of(finding: &'a Finding, cost: Option<&'a Cost>) -> Self {
        let Finding { marker, wrong, mend, .. } = finding;
        let (mend, value, statement) = match mend {
            Mend::Repair { value, .. } => ("repair", Some(value.as_str()), None),
            Mend::Statement(statement) => ("statement", None, Some(statement.as_str())),
            Mend::Withheld => ("withheld", None, None),
            _ => ("nothing", None, None),
        };
        let (enrollment_date, duplicate_of, same_fold) = match wrong {
            Wrong::DatedLate { enrollment_date } | Wrong::DatedEarly { enrollment_date } => {
                (Some(enrollment_date.as_str()), None, None)
            }
            Wrong::Duplicate { marker_id } => (None, Some(marker_id.as_str()), None),
            Wrong::Orphan { same_fold } => (None, None, same_fold.as_deref()),
            _ => (None, None, None),
        };
        Found {
            finding: finding.name(),
            id: &marker.id,
            user_id: &marker.user_id,
            address: &marker.address,
            created_at: &marker.created_at,
            verification_status: &marker.verification_status,
            verified_at: marker.verified_at.as_deref(),
            enrollment_date,
            duplicate_of,
            same_fold,
            mend,
            value,
            statement,
            cost,
            advice: finding.to_string(),
        }
    }
}
