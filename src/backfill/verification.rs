//! Looking owners up again, because somebody has written since they were read.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::writing::Visited;
use crate::enrollment::{Decision, Enrollment};
use crate::ensure;
use crate::error::Error;
use crate::facilitators;
use crate::marker::{self, NewMarker};
use crate::schema::Schema;
use crate::spelling::Spellings;
use crate::text::Text;
use crate::user;

/// The look-ups of one step, which are prepared once.
pub(super) struct Verification<'c> {
    conn: &'c Connection,
    case_variants: user::CaseVariants<'c>,
    markers: marker::Search<'c>,
    facilitators: facilitators::Search<'c>,
    /// Whether facilitators can be found by owner without reading all of them.
    by_owner: bool,
}

impl<'c> Verification<'c> {
    pub(super) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        Ok(Verification {
            conn,
            case_variants: user::CaseVariants::new(conn, schema)?,
            markers: marker::Search::new(conn)?,
            facilitators: facilitators::Search::new(conn)?,
            by_owner: schema.facilitators.is_indexed(conn, "owner_address")?,
        })
    }

    /// The markers among these that are still to be written, with the dates that they have now. The other
    /// owners are counted as visited.
    pub(super) fn still_due(
        &mut self,
        due: &[NewMarker],
        visited: &mut Visited,
    ) -> Result<Vec<NewMarker>, Error> {
        let mut dates_of_all = if self.by_owner {
            None
        } else {
            Some(facilitators::dates_of_all(self.conn, due.iter().map(|marker| &marker.user_id))?)
        };
        let users = self.users(due)?;
        let mut still_due = Vec::new();
        for NewMarker { user_id, .. } in due {
            let variants = users.get(&user_id.fold()).map_or(&[][..], Vec::as_slice);
            if !variants.contains(user_id) {
                continue;
            }
            let dates = match &mut dates_of_all {
                Some(all) => all.remove(user_id).unwrap_or_default(),
                None => self.facilitators.dates_of(user_id)?,
            };
            if dates.any_folded && variants.len() > 1 {
                visited.counts.ambiguous_users += 1;
                continue;
            }
            match ensure::decide_for(user_id.clone(), self.markers.find(user_id)?, |_| Ok(dates))? {
                Decision::Write(marker) => still_due.push(marker),
                Decision::Settled(Enrollment::AlreadyEnrolled(_)) => visited.already_enrolled(),
                Decision::Settled(Enrollment::NoReadableDate) => visited.no_readable_date(),
                Decision::Settled(_) => {}
            }
        }
        Ok(still_due)
    }

    /// The users whose ids differ from those of these owners in nothing but case, the owners themselves among
    /// them: by the fold of their ids.
    fn users(&mut self, due: &[NewMarker]) -> Result<HashMap<Text, Vec<Text>>, Error> {
        let mut users: HashMap<_, Vec<_>> = HashMap::new();
        self.case_variants.for_each(&Spellings::of(due.iter().map(|marker| &marker.user_id)), |id| {
            let id = Text(id.to_vec());
            users.entry(id.fold()).or_default().push(id);
            ControlFlow::Continue(())
        })?;
        Ok(users)
    }
}
