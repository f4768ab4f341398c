//! Which markers are still to be written, because somebody has written since their owners were read.

use super::visited::Visited;
use crate::enrollment::Enrollment;
use crate::error::Error;
use crate::join::recheck::Recheck;
use crate::marker::{self, NewMarker};
use crate::owner::{self, Decision};

/// The markers among these that are still to be written, with the dates that they have now. The other owners are
/// counted as visited.
pub(super) fn still_due(
    due: &[NewMarker],
    recheck: &mut Recheck<'_>,
    markers: &mut marker::Search<'_>,
    visited: &mut Visited,
) -> Result<Vec<NewMarker>, Error> {
    let user_ids: Vec<_> = due.iter().map(|due| &due.user_id).collect();
    let mut still_due = Vec::new();
    for (user_id, known) in user_ids.iter().zip(recheck.look_up(&user_ids)?) {
        let Some(known) = known else { continue };
        if known.is_ambiguous {
            visited.ambiguous_user();
            continue;
        }
        match owner::decide(user_id.again()?, markers.find(user_id)?, |_| Ok(known.dates))? {
            Decision::Write(marker) => still_due.push(marker),
            Decision::Settled(Enrollment::AlreadyEnrolled(_)) => visited.already_enrolled(),
            Decision::Settled(Enrollment::UnreadableDate) => visited.unreadable_date(),
            Decision::Settled(_) => {}
        }
    }
    Ok(still_due)
}
