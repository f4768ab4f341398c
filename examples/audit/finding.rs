//! A finding as a JSON object.

use facilitator_markers::Finding;
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
    other_marker_id: Option<&'a str>,
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
        let Finding { marker, mend, .. } = finding;
        Found {
            finding: finding.name(),
            id: &marker.id,
            user_id: &marker.user_id,
            address: &marker.address,
            created_at: &marker.created_at,
            verification_status: &marker.verification_status,
            verified_at: marker.verified_at.as_deref(),
            enrollment_date: finding.enrollment_date(),
            other_marker_id: finding.other_marker_id(),
            same_fold: finding.same_fold(),
            mend: mend.name(),
            value: mend.value(),
            statement: mend.statement(),
            cost,
            advice: finding.to_string(),
        }
    }
}
