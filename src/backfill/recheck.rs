//! Looking owners up again, because somebody has written since they were read.

use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::visited::Visited;
use crate::case_variants::{self, CaseVariants};
use crate::enrollment::Enrollment;
use crate::error::Error;
use crate::facilitators;
use crate::marker::{self, NewMarker};
use crate::owner::{self, Decision};
use crate::schema::Schema;
use crate::text::Text;
use crate::user;

/// The look-ups of one step, which are prepared once.
pub(super) struct Recheck<'c> {
    users: user::Search<'c>,
    case_variants: case_variants::Search<'c>,
    facilitators: facilitators::Search<'c>,
}

impl<'c> Recheck<'c> {
    pub(super) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        Ok(Recheck {
            users: user::Search::new(conn)?,
            case_variants: case_variants::Search::new(conn, schema)?,
            facilitators: facilitators::Search::new(conn, schema, "NULL")?,
        })
    }

    /// How many users were passed to find those whose ids differ in case only.
    pub(super) fn passed(&self) -> u64 {
        self.case_variants.passed()
    }

    /// The markers among these that are still to be written, with the dates that they have now. The other
    /// owners are counted as visited.
    pub(super) fn still_due(
        &mut self,
        due: &[NewMarker],
        markers: &mut marker::Search<'_>,
        visited: &mut Visited,
    ) -> Result<Vec<NewMarker>, Error> {
        let mut owners = Vec::new();
        for NewMarker { user_id, .. } in due {
            if self.users.exists(user_id)? {
                owners.push(user_id);
            }
        }
        let dates = self.facilitators.dates_of(&owners)?;
        let owners = owners.into_iter().zip(dates);
        let in_lower_case = owners.clone().filter(|(_, dates)| dates.any_folded).map(|(user_id, _)| user_id);
        let several = self.those_of_several_users(in_lower_case)?;
        let mut still_due = Vec::new();
        for (user_id, dates) in owners {
            if dates.any_folded && several.contains(&user_id.fold()?) {
                visited.ambiguous_user();
                continue;
            }
            match owner::decide(user_id.again()?, markers.find(user_id)?, |_| Ok(dates))? {
                Decision::Write(marker) => still_due.push(marker),
                Decision::Settled(Enrollment::AlreadyEnrolled(_)) => visited.already_enrolled(),
                Decision::Settled(Enrollment::UnreadableDate) => visited.unreadable_date(),
                Decision::Settled(_) => {}
            }
        }
        Ok(still_due)
    }

    /// The folds of these ids that are folds of more than one user's id.
    fn those_of_several_users<'u>(
        &mut self,
        user_ids: impl Iterator<Item = &'u Text>,
    ) -> Result<HashSet<Text>, Error> {
        let (mut once, mut several) = (HashSet::new(), HashSet::new());
        self.case_variants.for_each(&CaseVariants::of(user_ids)?, |id| {
            let fold = Text::copy(id)?.fold()?;
            if once.contains(&fold) {
                several.insert(fold);
            } else {
                once.insert(fold);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(several)
    }
}
